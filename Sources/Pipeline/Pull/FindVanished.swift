import Clients
import Journals
import Mail
import Stores

/// Finds the mailboxes that the source has no longer: all their messages are gone, or moved.
struct FindVanished {
  let context: PullContext

  func run(_ tree: ServerTree) throws -> [PulledMailbox] {
    let present = Set(tree.mailboxes.lazy.filter(\.isSelectable).map(\.name))
    let listed = Set(tree.mailboxes.lazy.map(\.name))
    return try context.archive.table.records.compactMap { record in
      guard !present.contains(record.name) else { return nil }
      let key = context.key(of: record.name).hex
      let known = context.states[key]
      if known?.state.isAbsent == true || (known == nil && !record.isSelectable) {
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
      pulled.gone = journal.record.messages.values.filter { $0.fate == .held }
        .sorted { $0.uid < $1.uid }
      pulled.state = RecordedState(
        state: .absent(validity), outstanding: 0, archive: known?.archive ?? "")
      return pulled
    }
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
