package import Mail

/// Something in which an account differs from what is compared with it.
package struct ComparisonFinding: Sendable, Equatable {
  /// What it is, for programs.
  package enum Kind: String, Sendable, Equatable, CaseIterable {
    /// The server lacks a message.
    case missing
    /// The archive lacks a message of its source.
    case unfetched
    /// The server has another internal date.
    case date
    /// The server has other flags or keywords.
    case flags
    /// The server changed the content, as servers are known to do.
    case altered
    /// The server has a message without a counterpart.
    case extra
    /// A message of the archive can't be read.
    case unreadable
    /// A mailbox of the archive can't be read, and is not compared.
    case mailboxUnreadable = "mailbox-unreadable"
    /// The server does not let a mailbox be looked into.
    case mailboxRefused = "mailbox-refused"

    /// Whether it alone makes the comparison fail: what others put on a target is no damage, and what
    /// servers do to each message that they store can't be helped.
    package var isDifference: Bool { self != .altered && self != .extra }

    /// Whether it is about one message of the archive.
    package var isMessage: Bool {
      switch self {
      case .missing, .date, .flags, .altered, .unreadable: true
      case .unfetched, .extra, .mailboxUnreadable, .mailboxRefused: false
      }
    }
  }

  /// What it is.
  package let kind: Kind
  /// The mailbox of the archive; where the message is on the server alone, of the server; nil where it
  /// is in none.
  package let mailbox: MailboxName?
  /// The messages on the server; empty where they are not there.
  package let uids: UIDSet
  /// The file of the archive that it is about.
  package let file: String?
  /// What was found, in words.
  package let text: String

  init(
    _ kind: Kind, mailbox: MailboxName?, uids: UIDSet = [], file: String? = nil, _ text: String
  ) {
    self.kind = kind
    self.mailbox = mailbox
    self.uids = uids
    self.file = file
    self.text = text
  }
}

/// What a comparison with an account found.
package struct ComparisonReport: Sendable, Equatable {
  /// How many mailboxes of the server were looked at.
  package var mailboxes = 0
  /// How many messages were looked for.
  package var messages = 0
  /// How many messages the server has in these mailboxes.
  package var onServer = 0
  /// How many were downloaded and are the same.
  package var byContent = 0
  /// How many were recognised by header key and size.
  package var byHeader = 0
  /// How many messages each kind of finding is about.
  package var counts: [ComparisonFinding.Kind: Int] = [:]
  /// All that differs.
  package var findings: [ComparisonFinding] = []
  /// What else is worth knowing; nothing of it is wrong.
  package var notes: [String] = []

  package init() {}

  /// The status with which the program ends.
  package var exitStatus: ExitStatus {
    findings.contains { $0.kind.isDifference } ? .findings : .done
  }
}

/// What wants to know how a comparison goes on; everything comes from one thread.
package protocol ComparisonObserver: ProgressObserver {
  /// Nothing more will be done in a mailbox.
  func ended(_ mailbox: MailboxName)
  /// Something differs.
  func finding(_ finding: ComparisonFinding)
}
