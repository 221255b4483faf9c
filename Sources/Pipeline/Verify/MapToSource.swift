import Mail
import Stores

/// Decides in which mailbox of the archive's own source a message is looked for.
///
/// Where it came from, if its name says so: so moves by hand, and mailboxes of the source that share one
/// of the archive, make no difference. Everything else is looked for in the mailbox whose mail the
/// archive's mailbox holds.
struct MapToSource {
  private let origins: [MailboxKey: MailboxName]
  private let homes: [MailboxName: MailboxName]

  /// - Parameters:
  ///   - account: the archive's.
  ///   - records: the mailboxes of the source as the last pull saw them.
  ///   - present: those that the source has now.
  init(account: String, records: [MailboxRecord], present: [MailboxName]) {
    var origins: [MailboxKey: MailboxName] = [:]
    for name in records.map(\.name) + present {
      origins[MailboxKey(account: account, mailbox: name)] = name
    }
    self.origins = origins
    var homes: [MailboxName: MailboxName] = [:]
    for record in records
    where homes[record.archiveName] == nil || record.name == record.archiveName {
      homes[record.archiveName] = record.name
    }
    self.homes = homes
  }

  /// The mailbox of the source to which a message in a mailbox of the archive belongs.
  func home(of message: StoredMessage, in mailbox: MailboxName) -> MailboxName {
    message.origin.flatMap { origins[$0.mailboxKey] } ?? home(of: mailbox)
  }

  /// The mailbox of the source whose mail a mailbox of the archive holds.
  func home(of mailbox: MailboxName) -> MailboxName { homes[mailbox] ?? mailbox }
}
