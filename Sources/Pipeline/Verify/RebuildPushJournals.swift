import Journals
import Mail

/// Writes the dedupe indexes anew without what can't be read of them, so that they are not damaged for ever.
struct RebuildPushJournals {
  /// - Parameter journals: all that there are.
  /// - Returns: what was done.
  /// - Throws: `JournalError`.
  func run(_ journals: [FoundJournal]) throws(JournalError) -> [RebuildAction] {
    var actions: [RebuildAction] = []
    for journal in journals
    where journal.role == .push && journal.isKnown && journal.lost > 0 {
      actions.append(try mend(journal))
    }
    return actions
  }

  private func mend(_ journal: FoundJournal) throws(JournalError) -> RebuildAction {
    let name = journal.survey.mailbox
    // First: without the broken lines nothing shows any more that UIDs can't be trusted.
    let index = try PushJournal(
      in: journal.directory, key: journal.key, mailbox: name ?? .inbox, readOnly: false)
    index.append(.unbound)
    try index.flush()
    let kept = try JournalRepair(
      directory: journal.directory, name: journal.name,
      beginning: [JournalRecord(PushRecord.journalKind, ["1", name?.stateForm ?? ""])]
    ).run()
    return RebuildAction(
      file: journal.path,
      text:
        "\(journal.lost) records can't be read (the broken file is \(kept)); the next push compares "
        + "the messages themselves")
  }
}
