package import Mail

/// The way that messages go.
package enum Direction: String, Sendable, Equatable {
  /// From a server into an archive.
  case pull
  /// From an archive into a server.
  case push
  /// From mail on disk into an archive.
  case convert
}

/// What a run did in one mailbox.
///
/// In a dry run: what it would have done.
package struct MailboxReport: Sendable, Equatable {
  /// The mailbox, by its name at the place where messages are written.
  package let name: MailboxName
  /// Messages fetched by a pull, appended by a push.
  package var transferred = 0
  /// Octets of these messages, as they are on the wire.
  package var transferredBytes: Int64 = 0
  /// Messages that were there already, so that nothing was to do.
  package var alreadyPresent = 0
  /// Messages whose flags or keywords changed.
  package var flagsUpdated = 0
  /// Messages that were moved here because the other side moved them.
  package var moved = 0
  /// Messages removed because the other side has them no longer.
  package var removed = 0
  /// Messages that were replaced because their internal date was not the archive's.
  package var datesFixed = 0
  /// Messages gone at the source; the archive keeps them, or with `--prune` its trash does.
  package var goneAtSource = 0
  /// Messages that were pushed once and are gone on the target since.
  package var goneOnTarget = 0
  /// Messages deleted by hand in the archive, which are not transferred again.
  package var deletedByHand = 0
  /// Messages sent in this run that the server merged with an equal one.
  package var collapsed = 0
  /// Whether it was seen to be unchanged and left alone.
  package var skipped = false

  /// A mailbox in which nothing happened yet.
  package init(name: MailboxName) {
    self.name = name
  }
}

/// A message that could not be transferred.
package struct MessageFailure: Sendable, Equatable {
  /// The mailbox that it is in.
  package var mailbox: MailboxName
  /// Its UID, if it failed on its way from a server.
  package var uid: UID?
  /// Its path within the archive, if it failed on its way from there.
  package var file: String?
  /// Why it failed, with the server's own words where there are some.
  package var reason: String
  /// What the user can do about it.
  package var advice: String?

  /// A failed message.
  package init(
    mailbox: MailboxName, uid: UID?, file: String?, reason: String, advice: String?
  ) {
    self.mailbox = mailbox
    self.uid = uid
    self.file = file
    self.reason = reason
    self.advice = advice
  }
}

/// A mailbox that was given up while the rest of the account went on.
package struct MailboxFailure: Sendable, Equatable {
  /// The mailbox that was given up.
  package var mailbox: MailboxName
  /// Why.
  package var failure: Failure

  /// A failed mailbox.
  package init(mailbox: MailboxName, failure: Failure) {
    self.mailbox = mailbox
    self.failure = failure
  }
}

/// Something that the user should know although no message is missing.
package struct Notice: Sendable, Equatable {
  /// What it is about, for programs.
  package enum Kind: String, Sendable, Equatable {
    /// A flag or keyword that the other side does not keep.
    case flagsNotKept = "flags-not-kept"
    /// An internal date that the other side does not keep.
    case datesNotKept = "dates-not-kept"
    /// A mended copy that the other side got of a message that it refused.
    case mended
    /// A message whose end may be missing.
    case incomplete
    /// Mail for which the other side may have no room.
    case noRoom = "no-room"
    /// Anything else.
    case other
  }

  /// What it is about, for programs.
  package var kind: Kind
  /// The mailbox that it concerns; nil for the whole account.
  package var mailbox: MailboxName?
  /// What the user should know.
  package var text: String

  /// A notice.
  package init(kind: Kind, mailbox: MailboxName?, text: String) {
    self.kind = kind
    self.mailbox = mailbox
    self.text = text
  }
}

/// A decision that is left to the user; its mailbox waits for it.
package struct Question: Sendable, Equatable {
  /// The mailbox that waits.
  package var mailbox: MailboxName
  /// What was seen, and why it was not acted upon.
  package var text: String
  /// The options that answer it, for example `--accept-deletions`.
  package var options: [String]

  /// An open question.
  package init(mailbox: MailboxName, text: String, options: [String]) {
    self.mailbox = mailbox
    self.text = text
    self.options = options
  }
}

/// All that a run has to say when it ends.
package struct RunReport: Sendable, Equatable {
  /// The way that messages went.
  package var direction: Direction
  /// Whether nothing was really done.
  package var dryRun: Bool
  /// Every mailbox that was looked at, skipped ones too.
  package var mailboxes: [MailboxReport] = []
  /// Every message that could not be transferred.
  package var failures: [MessageFailure] = []
  /// Every mailbox that was given up.
  package var mailboxFailures: [MailboxFailure] = []
  /// What else the user should know.
  package var notices: [Notice] = []
  /// What waits for the user's decision.
  package var questions: [Question] = []
  /// What stopped the run before its end, if anything did: a failure of the account or the run.
  package var accountFailure: Failure?

  /// The report of a run that just began.
  package init(direction: Direction, dryRun: Bool) {
    self.direction = direction
    self.dryRun = dryRun
  }

  /// The status with which the program ends after this run.
  ///
  /// What stopped the run decides first. Notices alone don't count as findings.
  package var exitStatus: ExitStatus {
    if let accountFailure { return accountFailure.cause.exitStatus }
    let complete =
      failures.isEmpty && mailboxFailures.isEmpty && questions.isEmpty
      && mailboxes.allSatisfy { $0.collapsed == 0 }
    return complete ? .done : .findings
  }
}
