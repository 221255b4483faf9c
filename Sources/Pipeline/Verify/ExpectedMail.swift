import Clients
import Journals
import Mail
import Stores

/// What an account is compared with, mailbox by mailbox of the server.
protocol ExpectedMail: AnyObject {
  /// What a receipt says of it.
  var receiptMail: ReceiptHeader.Mail { get }
  /// Whether `\Deleted` is compared.
  var withDeleted: Bool { get }
  /// The mailboxes of the server in which messages are expected, ordered by name.
  ///
  /// - Parameters:
  ///   - tree: what the server has.
  ///   - server: where messages can be looked at; nil over POP3.
  /// - Returns: the mailboxes.
  /// - Throws: what the connection and the records throw.
  func places(_ tree: ServerTree, _ server: AccountConnection?) throws -> [ExpectedPlace]
  /// The messages that are expected in one of them.
  ///
  /// - Throws: `StoreError` where that can't be told; what ends the run.
  func mailbox(_ place: ExpectedPlace) throws -> ExpectedMailbox
}

/// A mailbox of the server in which messages are expected.
struct ExpectedPlace {
  let name: MailboxName
  /// Nil where the server has no such mailbox, or one that holds no mail.
  let existing: ServerMailbox?
  /// The place among those that `places` gave.
  let number: Int
}

/// The messages that are expected in a mailbox of the server.
struct ExpectedMailbox {
  var messages: [ReceiptMessage] = []
  /// What is recorded of them.
  var known: any KnownTransfers = NothingKnown()
  /// The file of a message, for people.
  var path: (Int) -> String? = { _ in nil }
  /// The digests of the forms in which a server may have altered a message, most likely first.
  var tolerated: (Int) throws -> [ContentDigest] = { _ in [] }
  /// What could not be read of them.
  var unreadable: [ComparisonFinding] = []
}

extension ServerTree {
  /// The mailbox of that name, if it can hold mail.
  func mailbox(_ name: MailboxName) -> ServerMailbox? {
    mailboxes.first { $0.name == name && $0.isSelectable }
  }
}
