package import Mail

/// One mailbox as a list shows it.
package struct ListedMailbox: Sendable, Equatable {
  /// Its name.
  package let name: MailboxName
  /// Where it is on disk.
  package let path: String
  /// How many messages could be listed.
  package var messages = 0
  /// The bytes of their content as it lies on disk, uncompressed.
  package var bytes: Int64 = 0
  /// How many of them were not read yet.
  package var unread = 0
  /// The earliest internal date; nil where there is no message.
  package var oldest: InternalDate?
  /// The latest internal date; nil where there is no message.
  package var newest: InternalDate?
  /// As what it is read and why; nil where nobody asked.
  package var explanation: String?

  init(name: MailboxName, path: String) {
    self.name = name
    self.path = path
  }

  mutating func add(size: Int64, date: InternalDate, flags: Flags) {
    messages += 1
    bytes += size
    if !flags.system.contains(.seen) { unread += 1 }
    oldest = min(oldest ?? date, date)
    newest = max(newest ?? date, date)
  }
}

/// One message as a list shows it; its texts hold whatever was written.
package struct ListedMessage: Sendable, Equatable {
  /// The mailbox that it is in.
  package let mailbox: MailboxName
  /// Where it is on disk.
  package let file: String
  /// When it came into its mailbox.
  package let date: InternalDate
  /// Its flags and keywords.
  package let flags: Flags
  /// The name of its sender, or the address where there is no name.
  package let from: String
  /// Its subject; empty where there is none.
  package let subject: String
  /// The bytes of its content as it lies on disk, uncompressed.
  package let size: Int64
  /// Whether damage may have cut off its end.
  package let isIncomplete: Bool
}

/// Something that could not be read while the rest was listed.
package struct ListProblem: Sendable, Equatable {
  /// The mailbox that it belongs to; nil where no mailbox could be made out.
  package let mailbox: MailboxName?
  /// The message's path, where it is a message.
  package let file: String?
  /// What could not be read, and why.
  package let reason: String
}

/// What all mailboxes of a list add up to.
package struct ListTotals: Sendable, Equatable {
  /// How many mailboxes were listed.
  package var mailboxes = 0
  /// How many messages could be listed.
  package var messages = 0
  /// The bytes of their content.
  package var bytes: Int64 = 0
  /// How many of them were not read yet.
  package var unread = 0
  /// How much could not be read.
  package var problems = 0

  /// The status with which the program ends after this list.
  package var exitStatus: ExitStatus { problems == 0 ? .done : .findings }

  mutating func add(_ mailbox: ListedMailbox) {
    mailboxes += 1
    messages += mailbox.messages
    bytes += mailbox.bytes
    unread += mailbox.unread
  }
}

/// What shows a list while it is made; everything comes from one thread, in the order of the list.
package protocol ListObserver: Sendable {
  /// The messages of a mailbox follow, if they were asked for.
  func began(_ mailbox: MailboxName)
  /// A message; only where they were asked for.
  func message(_ message: ListedMessage)
  /// A mailbox is read to its end.
  func mailbox(_ mailbox: ListedMailbox)
  /// Something could not be read.
  func problem(_ problem: ListProblem)
  /// Something looks as if it held mail and is not read.
  func passedOver(_ text: String)
}
