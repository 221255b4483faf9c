import Clients
import Mail
import Protocols
import Stores

/// Brings the archive's table of mailboxes up to date: names, special use, subscription.
struct RecordMailboxes {
  let archive: Archive
  let dryRun: Bool

  func run(_ tree: ServerTree) throws(StoreError) {
    for mailbox in tree.mailboxes {
      let known = archive.table[mailbox.name]
      archive.table.update(
        MailboxRecord(
          name: mailbox.name, archiveName: known?.archiveName ?? mailbox.name,
          specialUses: Set(mailbox.specialUses), isSubscribed: mailbox.isSubscribed,
          isSelectable: mailbox.isSelectable))
    }
    try archive.saveTable(dryRun: dryRun)
  }
}

extension Archive {
  func saveTable(dryRun: Bool) throws(StoreError) {
    if !dryRun { try table.save() }
  }
}
