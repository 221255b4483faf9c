package import Clients
package import Stores

/// What a push is asked to do.
package struct PushOptions: Sendable {
  /// The archive's directory, or a file or directory with mail that another program left.
  package let archivePath: String
  /// Where state is kept of mail that lies in no archive; nil where nobody knows.
  package let statePath: String?
  /// The dialect in which every foreign mbox is read; nil to go by the evidence in each.
  package let mboxDialect: MboxDialect?
  /// Where the mail goes.
  package let target: ServerAccount
  /// The most connections at a time.
  package let connections: Int
  /// Whether everything is found out and nothing is done.
  package let dryRun: Bool
  /// Whether a large disappearance on the target was meant.
  package let acceptDeletions: Bool
  /// Whether what was pushed and then deleted on the target is sent again.
  package let resendDeleted: Bool
  /// Whether `\Deleted` is pushed.
  package let withDeleted: Bool
  /// Whether messages that the server refused are tried again.
  package let retryRefused: Bool
  /// Whether mended copies are sent of what the server refuses.
  package let mend: Bool
  /// Whether every file is read, also where nothing seems to have changed.
  package let full: Bool
  /// Whether what mailarc put there and the archive has no longer is removed.
  package let prune: Bool
  /// How much of what mailarc put into a mailbox may be removed without being asked, in percent.
  package let pruneLimit: Int
  /// Whether messages that have another internal date on the target are replaced.
  package let fixDates: Bool
  /// How often what failed for a passing reason is tried again.
  package let retry: RetryPolicy
  /// How many seconds a mailbox's UIDNEXT must stand still before what was sent over a connection that
  /// broke is looked for.
  package let settleSeconds: Double

  /// What a server needs at most, with a wide margin, to carry out what a dead connection had sent:
  /// 0.75 s were measured for a batch of 1,000 messages.
  package static let standardSettleSeconds = 10.0

  package init(
    archivePath: String, statePath: String?, mboxDialect: MboxDialect?, target: ServerAccount,
    connections: Int, dryRun: Bool, acceptDeletions: Bool, resendDeleted: Bool, withDeleted: Bool,
    retryRefused: Bool, mend: Bool = false, full: Bool, prune: Bool = false,
    pruneLimit: Int = PruneLimit.standard, fixDates: Bool = false, retry: RetryPolicy,
    settleSeconds: Double
  ) {
    self.archivePath = archivePath
    self.statePath = statePath
    self.mboxDialect = mboxDialect
    self.target = target
    self.connections = connections
    self.dryRun = dryRun
    self.acceptDeletions = acceptDeletions
    self.resendDeleted = resendDeleted
    self.withDeleted = withDeleted
    self.retryRefused = retryRefused
    self.mend = mend
    self.full = full
    self.prune = prune
    self.pruneLimit = pruneLimit
    self.fixDates = fixDates
    self.retry = retry
    self.settleSeconds = settleSeconds
  }
}
