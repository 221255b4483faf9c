import Clients
import Journals
import Mail
import Platform
import Stores
import Synchronization

/// What all workers of a push share.
struct PushContext: Sendable {
  let options: PushOptions
  let source: PushSource
  let pulled: PulledDigests
  /// Keywords that moved files left behind.
  let stray: StrayKeywords
  /// `.mailarc/push/<target account>`.
  let directory: Directory
  let states: MailboxStates
  /// Whether a run before this one did not come to its end.
  let wasStopped: Bool
  /// Which flags the target's mailboxes keep, as the server said in this run.
  let keptFlags = KeptFlags()
  let observer: any RunObserver
  let collector: ReportCollector
  /// With `--prune`.
  let prune: PruneBoard?
  /// With `--fix-dates`.
  let hopelessDates = HopelessDates()
  let interruption: Interruption

  func key(of mailbox: MailboxName) -> MailboxKey {
    MailboxKey(account: options.target.identity, mailbox: mailbox)
  }

  /// Whether the mailbox has to be subscribed: once pushed, its subscription is the user's own business.
  ///
  /// A run that was stopped may not have come to look whether the server kept it.
  func wantsSubscription(_ target: PushTarget) -> Bool {
    target.isSubscribed && target.existing?.isSubscribed != true
      && (wasStopped || states[key(of: target.name).hex] == nil)
  }
}

/// One mailbox of the target, and the mailboxes of the archive that go there.
struct PushTarget: Sendable {
  let name: MailboxName
  /// Nil where the target has no such mailbox yet.
  var existing: ServerMailbox?
  let sources: [MailboxPlace]
  /// The use it is to have, if it is made.
  let specialUse: SpecialUse?
  let isSubscribed: Bool
  /// How many messages were moved to it in this run, because they were moved in the archive.
  var moved = 0
  /// In a dry run, the files whose messages would be moved to it or from it.
  var wouldMove: Set<String> = []

  /// Whether the archive has no such mailbox any more.
  var isAbandoned: Bool { sources.isEmpty }
}

/// Which flags mailboxes keep, gathered by several workers.
final class KeptFlags: Sendable {
  private let kept = Mutex<[MailboxName: TargetTable.Kept]>([:])

  /// What was gathered.
  var all: [MailboxName: TargetTable.Kept] { kept.withLock { $0 } }

  func record(_ flags: TargetFlags, of mailbox: MailboxName) {
    kept.withLock { $0[mailbox] = flags.recorded }
  }
}
