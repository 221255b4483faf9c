import Clients
import Pipeline
import Stores

/// `mailarc pull SOURCE ARCHIVE`.
enum PullCommand {
  /// Resolves what the command line says; may ask for the password.
  ///
  /// - Throws: a usage failure; the signal's failure if interrupted.
  static func options(_ context: RunContext, _ url: AccountURL) throws(Failure) -> PullOptions {
    let invocation = context.invocation
    try invocation.refuse(.acceptDeletions, with: .refetchDeleted)
    if invocation.has(.pruneLimit), !invocation.has(.prune) {
      throw .usage("--prune-limit says something of --prune, which is not given")
    }
    return PullOptions(
      source: try context.account(url), archivePath: invocation.operands[1],
      layout: invocation.text(.layout).flatMap(ArchiveIdentity.Layout.init),
      connections: context.connections, dryRun: invocation.has(.dryRun),
      acceptDeletions: invocation.has(.acceptDeletions),
      refetchDeleted: invocation.has(.refetchDeleted),
      prune: invocation.has(.prune),
      pruneLimit: invocation.number(.pruneLimit) ?? PruneLimit.standard, retry: .standard)
  }

  /// Pulls, and shows how it goes and what came of it.
  ///
  /// - Throws: what kept the run from beginning. What stopped it later stands in its report.
  static func run(_ context: RunContext) async throws -> ExitStatus {
    let url = try AccountURL(parsing: context.invocation.operands[0])
    let options = try options(context, url)
    let output = RunOutput(
      context: context, direction: .pull, account: url, archive: options.archivePath,
      dryRun: options.dryRun)
    let pipeline = PullPipeline(
      options: options, observer: output.observer, interruption: context.interruption)
    return output.finish(await pipeline.run())
  }
}
