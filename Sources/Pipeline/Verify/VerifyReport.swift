package import Mail

/// Something in an archive that is not as it was recorded.
package struct VerifyFinding: Sendable, Equatable {
  /// What it is, for programs.
  package enum Kind: String, Sendable, Equatable, CaseIterable {
    case edited
    case damaged
    case truncated
    case changed
    case unreadable
    case missing
    /// A mailbox that can't be read.
    case mailboxUnreadable = "mailbox-unreadable"
    /// A mailbox that is not there although messages of it are missing.
    case mailboxMissing = "mailbox-missing"
    /// A journal with records that can't be read.
    case journalDamaged = "journal-damaged"
    /// A state file that is broken or lost, or contradicts another.
    case stateDamaged = "state-damaged"

    /// Whether it is about one message.
    package var isMessage: Bool { MessageVerdict(rawValue: rawValue) != nil }
  }

  /// What it is.
  package let kind: Kind
  /// The mailbox that it is in; nil where it is none, or is not known.
  package let mailbox: MailboxName?
  /// The message's UID at the source, where it is missing.
  package let uid: UID?
  /// The file that it is about.
  package let file: String?
  /// What was found, in words.
  package let text: String

  init(
    _ kind: Kind, mailbox: MailboxName? = nil, uid: UID? = nil, file: String? = nil, _ text: String
  ) {
    self.kind = kind
    self.mailbox = mailbox
    self.uid = uid
    self.file = file
    self.text = text
  }
}

/// What a verification found.
package struct VerifyReport: Sendable, Equatable {
  /// How many mailboxes were read.
  package var mailboxes = 0
  /// How many messages were read.
  package var messages = 0
  /// Their octets in wire form.
  package var bytes: Int64 = 0
  /// How many of them are what was recorded.
  package var intact = 0
  /// How many were never recorded, and so can't be compared.
  package var unrecorded = 0
  /// All that is not as it should be.
  package var findings: [VerifyFinding] = []
  /// What else is worth knowing; nothing of it is wrong.
  package var notes: [String] = []

  package init() {}

  /// The status with which the program ends.
  package var exitStatus: ExitStatus { findings.isEmpty ? .done : .findings }
}

/// What wants to know how a verification goes on; everything comes from one thread.
package protocol VerifyObserver: ProgressObserver {
  /// Nothing more will be done in a mailbox.
  func ended(_ mailbox: MailboxName)
  /// Something is not as it was recorded.
  func finding(_ finding: VerifyFinding)
}
