import Pipeline

/// `mailarc pull SOURCE ARCHIVE`.
enum PullCommand {
  /// Resolves what the command line says; may ask for the password.
  ///
  /// - Throws: a usage failure; the signal's failure if interrupted.
  static func options(_ context: RunContext) throws(Failure) -> PullOptions {
    let invocation = context.invocation
    try invocation.refuse(.acceptDeletions, with: .refetchDeleted)
    let url = try AccountURL(parsing: invocation.operands[0])
    return PullOptions(
      source: try context.account(url), archivePath: invocation.operands[1],
      dryRun: invocation.has(.dryRun), allNamespaces: invocation.has(.allNamespaces),
      acceptDeletions: invocation.has(.acceptDeletions),
      refetchDeleted: invocation.has(.refetchDeleted))
  }

  /// Pulls, and shows how it goes and what came of it.
  ///
  /// - Throws: what kept the run from beginning. What stopped it later stands in its report.
  static func run(_ context: RunContext) async throws -> ExitStatus {
    let options = try options(context)
    let output = RunOutput(
      context: context, direction: .pull, account: options.source.url,
      archive: options.archivePath, dryRun: options.dryRun)
    return output.finish(try await pull(options, context, observer: output.observer))
  }

  /// Calls the pipeline.
  private static func pull(
    _ options: PullOptions, _ context: RunContext, observer: any RunObserver
  ) async throws -> RunReport {
    throw Failure.usage("this build can't pull yet")
  }
}
