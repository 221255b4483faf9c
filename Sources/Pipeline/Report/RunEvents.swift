package import Clients
package import Mail

/// One thing that a dry run would do.
package struct PlannedChange: Sendable, Equatable {
  /// What would be done.
  package enum Action: String, Sendable, Equatable {
    case createMailbox = "create-mailbox"
    case renameMailbox = "rename-mailbox"
    case subscribe
    case unsubscribe
    case transfer
    case updateFlags = "update-flags"
    case move
    case remove
    case fixDate = "fix-date"
  }

  /// What would be done.
  package var action: Action
  /// The mailbox that it concerns.
  package var mailbox: MailboxName
  /// Where a mailbox or message would move to.
  package var destination: MailboxName?
  /// How many messages it concerns; 0 for a mailbox as such.
  package var messages: Int
  /// Their octets on the wire, if known.
  package var bytes: Int64?
  /// The message on the server, if it is a single one.
  package var uid: UID?
  /// The message's path within the archive, if it is a single one.
  package var file: String?
  /// More about it, in words.
  package var detail: String?

  /// A change that concerns messages or a mailbox.
  package init(
    action: Action, mailbox: MailboxName, destination: MailboxName? = nil, messages: Int = 0,
    bytes: Int64? = nil, uid: UID? = nil, file: String? = nil, detail: String? = nil
  ) {
    self.action = action
    self.mailbox = mailbox
    self.destination = destination
    self.messages = messages
    self.bytes = bytes
    self.uid = uid
    self.file = file
    self.detail = detail
  }
}

/// What wants to know how far work on messages is.
///
/// Its methods may be called from several threads at once and must not block long.
package protocol ProgressObserver: Sendable {
  /// The whole of the work is known: that many messages and octets are to be dealt with.
  ///
  /// May be called again when more is found; the last call counts. The octets are nil where they can't
  /// be told cheaply.
  func plan(totalMessages: Int, bytes: Int64?)

  /// Work in a mailbox begins, which has that many messages and octets to be dealt with.
  func mailboxBegan(_ name: MailboxName, messages: Int, bytes: Int64)

  /// So much of a mailbox is done since it began, failed messages included.
  func progress(_ name: MailboxName, messagesDone: Int, bytesDone: Int64)

  /// Nothing happens for a while because of the server.
  func waits(_ wait: ServerWait)
}

extension ProgressObserver {
  /// Of no interest where nobody watches.
  package func waits(_ wait: ServerWait) {}
}

/// What wants to know how a run goes on.
///
/// Its methods are called from several threads at once and must not block long.
/// Everything reported here that matters at the end stands in the `RunReport` as well.
package protocol RunObserver: ProgressObserver {
  /// Nothing more will be done in a mailbox. Called for skipped ones too.
  func mailboxEnded(_ report: MailboxReport)

  /// A message could not be transferred.
  func failure(_ failure: MessageFailure)

  /// A mailbox is given up.
  func mailboxFailed(_ failure: MailboxFailure)

  /// Something worth knowing came up.
  func notice(_ notice: Notice)

  /// A mailbox waits for the user's decision.
  func question(_ question: Question)

  /// A dry run would do this.
  func planned(_ change: PlannedChange)
}
