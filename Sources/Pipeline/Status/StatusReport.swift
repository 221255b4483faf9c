package import Mail

/// Something that somebody changed in an archive.
package struct HandChange: Sendable, Equatable {
  /// What was done.
  package enum Kind: String, Sendable, Equatable, CaseIterable {
    case mailboxCreated = "mailbox-created"
    case mailboxRenamed = "mailbox-renamed"
    case mailboxRemoved = "mailbox-removed"
    case added
    case deleted
    case moved
    case copied
    case edited
    /// Its flags or keywords changed.
    case flags
    /// Its file has another name, with the same content.
    case renamed
  }

  /// What was done.
  package let kind: Kind
  /// The mailbox that it is in now; of what was deleted, that it was in.
  package let mailbox: MailboxName
  /// The mailbox that it was in, or was copied from; the former name of a mailbox.
  package let from: MailboxName?
  /// The UID at the source, of a message that is not there any more.
  package let uid: UID?
  /// The base name; nil where it is not known.
  package let name: String?
  /// Where it is; nil where it is nowhere.
  package let path: String?
  /// Flags that it has now and had not.
  package var flagsAdded = Flags()
  /// Flags that it had.
  package var flagsRemoved = Flags()

  init(
    _ kind: Kind, mailbox: MailboxName, from: MailboxName? = nil, uid: UID? = nil,
    name: String? = nil, path: String? = nil
  ) {
    self.kind = kind
    self.mailbox = mailbox
    self.from = from
    self.uid = uid
    self.name = name
    self.path = path
  }
}

extension HandChange: Comparable {
  /// By mailbox, then by kind in the order of `Kind`, then by name.
  package static func < (left: Self, right: Self) -> Bool {
    if left.mailbox != right.mailbox { return left.mailbox < right.mailbox }
    if left.kind != right.kind { return left.kind.place < right.kind.place }
    return (left.name ?? "", left.uid?.value ?? 0) < (right.name ?? "", right.uid?.value ?? 0)
  }
}

extension HandChange.Kind {
  fileprivate var place: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// An account that the archive knows, and how its last run ended.
package struct KnownAccount: Sendable, Equatable {
  /// User and domain.
  package let identity: String
  /// When the last run that came to its end did so, in seconds since 1970; nil if none did, or nobody
  /// knows.
  package var lastRun: Int64?
  /// Whether there was a run at all.
  package var hasRun = false
  /// Whether a later run broke off.
  package var isInterrupted = false
  /// What the last run left to be done, in words, by mailbox.
  package var outstanding: [Outstanding] = []

  /// Something that a run left to be done.
  package struct Outstanding: Sendable, Equatable {
    /// The mailbox; nil where its name is not known.
    package let mailbox: MailboxName?
    /// What it is.
    package let text: String

    package init(mailbox: MailboxName?, text: String) {
      self.mailbox = mailbox
      self.text = text
    }
  }

  package init(identity: String) { self.identity = identity }
}

/// What a push would do in one mailbox of a target, as far as that can be told without asking it.
package struct PlannedPush: Sendable, Equatable {
  /// The target's mailbox.
  package let mailbox: MailboxName
  /// Whether it would be made.
  package var isNew = false
  /// Messages that would be appended.
  package var toSend = 0
  /// Their octets.
  package var bytes: Int64 = 0
  /// Messages that would be moved to it, in the target.
  package var moved = 0
  /// Messages whose flags would change.
  package var flags = 0
  /// Messages that stay there though the archive has them no longer.
  package var staying = 0
  /// Messages that were there and are not sent again.
  package var gone = 0
  /// Messages that the target refused.
  package var refused = 0
  /// Whether messages were on their way when a run broke off.
  package var isUnsettled = false

  package init(mailbox: MailboxName) { self.mailbox = mailbox }

  /// Whether a push would change anything there.
  package var isWork: Bool {
    isNew || toSend > 0 || moved > 0 || flags > 0 || isUnsettled
  }
}

/// What a push would do to one target.
package struct TargetStatus: Sendable, Equatable {
  /// The account.
  package let account: KnownAccount
  /// Mailboxes in which there is something to tell.
  package var mailboxes: [PlannedPush] = []

  package init(account: KnownAccount) { self.account = account }

  /// Whether a push would change anything.
  package var isWork: Bool { mailboxes.contains(where: \.isWork) }
}

/// How an archive stands to what was pulled, and to the targets it was pushed to.
package struct ArchiveStatus: Sendable, Equatable {
  /// The account that it is pulled from; nil where it is from none.
  package var source: KnownAccount?
  /// What somebody changed since the last pull.
  package var changes: [HandChange] = []
  /// The targets.
  package var targets: [TargetStatus] = []
  /// What could not be read.
  package var problems: [String] = []
  /// How many mailboxes there are.
  package var mailboxes = 0
  /// How many messages there are.
  package var messages = 0

  package init() {}

  /// The status with which the program ends: `findings` where there are changes, or a run left
  /// something to be done.
  package var exitStatus: ExitStatus {
    let accounts = [source].compactMap { $0 } + targets.map(\.account)
    let isClean =
      changes.isEmpty && problems.isEmpty && !targets.contains(where: \.isWork)
      && accounts.allSatisfy { $0.outstanding.isEmpty && !$0.isInterrupted }
    return isClean ? .done : .findings
  }
}
