import Pipeline
import Stores

/// `mailarc convert FROM TO`.
enum ConvertCommand {
  /// What the command line says.
  ///
  /// - Throws: a usage failure.
  static func options(_ invocation: Invocation) throws(Failure) -> ConvertOptions {
    try invocation.refuse(.acceptDeletions, with: .refetchDeleted)
    return ConvertOptions(
      sourcePath: invocation.operands[0],
      mboxDialect: invocation.text(.mboxDialect).flatMap(MboxDialect.init),
      archivePath: invocation.operands[1],
      layout: invocation.text(.layout).flatMap(ArchiveIdentity.Layout.init),
      dryRun: invocation.has(.dryRun),
      acceptDeletions: invocation.has(.acceptDeletions),
      refetchDeleted: invocation.has(.refetchDeleted))
  }

  /// Converts, and shows how it goes and what came of it.
  ///
  /// - Throws: a usage failure.
  static func run(_ context: RunContext) async throws -> ExitStatus {
    let options = try options(context.invocation)
    let output = RunOutput(
      context: context, direction: .convert, account: nil, from: options.sourcePath,
      archive: options.archivePath, dryRun: options.dryRun)
    let pipeline = ConvertPipeline(
      options: options, observer: output.observer, interruption: context.interruption)
    return output.finish(await pipeline.run())
  }
}
