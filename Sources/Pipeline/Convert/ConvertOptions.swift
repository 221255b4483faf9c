package import Stores

/// What a conversion is asked to do.
package struct ConvertOptions: Sendable {
  /// What is converted: an archive's directory, or what another program left.
  package let sourcePath: String
  /// The dialect in which every foreign mbox is read; nil to go by the evidence in each.
  package let mboxDialect: MboxDialect?
  /// The directory of the archive to be made, or of one that an earlier conversion made.
  package let archivePath: String
  /// How the archive stores mail; nil where it is there and keeps what it has.
  package let layout: ArchiveIdentity.Layout?
  /// Whether everything is found out and nothing is done.
  package let dryRun: Bool
  /// Whether a large or unexplained disappearance in the archive was meant.
  package let acceptDeletions: Bool
  /// Whether what was deleted by hand in the archive is converted again; then nothing is a question.
  package let refetchDeleted: Bool

  package init(
    sourcePath: String, mboxDialect: MboxDialect?, archivePath: String,
    layout: ArchiveIdentity.Layout?, dryRun: Bool, acceptDeletions: Bool,
    refetchDeleted: Bool
  ) {
    self.sourcePath = sourcePath
    self.mboxDialect = mboxDialect
    self.archivePath = archivePath
    self.layout = layout
    self.dryRun = dryRun
    self.acceptDeletions = acceptDeletions
    self.refetchDeleted = refetchDeleted
  }
}
