package import Clients
package import Stores

/// What a pull is asked to do.
package struct PullOptions: Sendable {
  /// Whose mail is fetched.
  package let source: ServerAccount
  /// The archive's directory, which is made if it is not there.
  package let archivePath: String
  /// How a new archive keeps its mailboxes, and an old one has to; nil for what it has.
  package let layout: ArchiveIdentity.Layout?
  /// The most connections at a time.
  package let connections: Int
  /// Whether everything is found out and nothing is done.
  package let dryRun: Bool
  /// Whether a large or unexplained disappearance in the archive was meant.
  package let acceptDeletions: Bool
  /// Whether what was deleted by hand is fetched again.
  package let refetchDeleted: Bool
  /// Whether what the source has no longer is put into the archive's trash.
  package let prune: Bool
  /// How much of a mailbox may go there without being asked, in percent.
  package let pruneLimit: Int
  /// How often what failed for a passing reason is tried again.
  package let retry: RetryPolicy

  package init(
    source: ServerAccount, archivePath: String, layout: ArchiveIdentity.Layout?, connections: Int,
    dryRun: Bool, acceptDeletions: Bool, refetchDeleted: Bool, prune: Bool = false,
    pruneLimit: Int = PruneLimit.standard, retry: RetryPolicy
  ) {
    self.source = source
    self.archivePath = archivePath
    self.layout = layout
    self.connections = connections
    self.dryRun = dryRun
    self.acceptDeletions = acceptDeletions
    self.refetchDeleted = refetchDeleted
    self.prune = prune
    self.pruneLimit = pruneLimit
    self.retry = retry
  }
}
