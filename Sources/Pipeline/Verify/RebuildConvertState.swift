import Journals
import Mail
import Platform
import Stores

/// Makes whole what conversions into an archive recorded: the journals without what can't be read of
/// them, and the record of what was converted.
struct RebuildConvertState {
  let rebuild: ArchiveRebuild
  /// Whether it is lost or broken what was converted.
  let isLost: Bool
  /// The archive's mailboxes.
  let names: [MailboxName]

  /// - Parameter journals: all that there are.
  /// - Returns: what was done.
  /// - Throws: `JournalError`, `StoreError`.
  func run(_ journals: [FoundJournal]) throws -> [RebuildAction] {
    var actions: [RebuildAction] = []
    for journal in journals
    where journal.role == .convert && journal.isKnown && journal.lost > 0 {
      actions.append(try mend(journal))
    }
    if isLost { actions.append(try mendSource()) }
    return actions
  }

  private func mend(_ journal: FoundJournal) throws -> RebuildAction {
    let name =
      journal.survey.mailbox
      ?? names.first { MailboxKey(account: "", mailbox: $0).hex == journal.key }
    let kept = try JournalRepair(
      directory: journal.directory, name: journal.name,
      beginning: [JournalRecord(ConvertRecord.journalKind, ["1", name?.stateForm ?? ""])]
    ).run()
    return RebuildAction(
      file: journal.path,
      text:
        "\(journal.lost) records can't be read (the broken file is \(kept)); the next conversion "
        + "compares the messages themselves, and brings back which of them were deleted by hand")
  }

  private func mendSource() throws -> RebuildAction {
    let (kept, isKnown) = try rebuild.rebuildConversion()
    let words =
      isKnown
      ? "written with what can be read of it"
      : "it is not known any more what was converted: the next conversion into the archive says it"
    return RebuildAction(
      file: rebuild.inspection.archive.state.path(of: BrokenState.File.conversion.rawValue),
      text: words + (kept.map { " (the broken file is \($0))" } ?? ""))
  }
}
