import Clients
import Journals
import Mail
import Stores

/// Finds the mailboxes that the source has no longer: all their messages are gone, or moved.
///
/// One that was found before is looked at again where its directory in the archive is another one by now, or
/// where deletions are to be accepted.
struct FindVanished {
  let context: PullContext

  func run(_ tree: ServerTree) throws -> [PulledMailbox] {
    let present = Set(tree.mailboxes.lazy.filter(\.isSelectable).map(\.name))
    let listed = Set(tree.mailboxes.lazy.map(\.name))
    return try context.archive.table.records.compactMap { record in
      guard !present.contains(record.name) else { return nil }
      let key = context.key(of: record.name).hex
      let known = context.states[key]
      let isLeft = known?.state.isAbsent == true
      if try isLeft ? isUnchanged(record, known) : known == nil && !record.isSelectable {
        try forget(record, unless: listed)
        return nil
      }
      let journal = try PullJournal(
        in: context.directory, key: key, mailbox: record.name, readOnly: true)
      guard let validity = journal.record.uidValidity ?? known?.state.uidValidity else {
        try forget(record, unless: listed)
        return nil
      }
      var pulled = PulledMailbox(name: record.name, report: MailboxReport(name: record.name))
      pulled.isVanished = true
      pulled.uidValidity = validity
      let messages = journal.record.messages.values.sorted { $0.uid < $1.uid }
      pulled.gone = isLeft ? [] : messages.filter { $0.fate == .held || $0.fate == .deleted }
      pulled.kept = messages.filter(\.fate.isOnlyInArchive)
      pulled.state = RecordedState(
        state: .absent(validity), outstanding: 0, archive: known?.archive ?? "")
      return pulled
    }
  }

  private func isUnchanged(
    _ record: MailboxRecord, _ known: RecordedState?
  ) throws(StoreError) -> Bool {
    guard !context.options.acceptDeletions else { return false }
    return try context.archive.identity(of: record.archiveName) == known?.archive
  }

  /// A name that neither the source nor the archive has is forgotten.
  private func forget(
    _ record: MailboxRecord, unless listed: Set<MailboxName>
  ) throws(StoreError) {
    guard !listed.contains(record.name),
      try context.archive.identity(of: record.archiveName).isEmpty
    else { return }
    context.archive.table.remove(record.name)
  }
}
