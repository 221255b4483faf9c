import Pipeline

/// `mailarc push ARCHIVE TARGET`.
enum PushCommand {
  /// Resolves what the command line says; may ask for the password.
  ///
  /// - Throws: a usage failure; the signal's failure if interrupted.
  static func options(_ context: RunContext) throws(Failure) -> PushOptions {
    let invocation = context.invocation
    try invocation.refuse(.acceptDeletions, with: .resendDeleted)
    let url = try AccountURL(parsing: invocation.operands[1])
    return PushOptions(
      archivePath: invocation.operands[0], target: try context.account(url),
      dryRun: invocation.has(.dryRun), acceptDeletions: invocation.has(.acceptDeletions),
      resendDeleted: invocation.has(.resendDeleted), withDeleted: invocation.has(.withDeleted),
      retryRefused: invocation.has(.retryRefused), full: invocation.has(.full))
  }

  /// Pushes, and shows how it goes and what came of it.
  ///
  /// - Throws: what kept the run from beginning. What stopped it later stands in its report.
  static func run(_ context: RunContext) async throws -> ExitStatus {
    let options = try options(context)
    let output = RunOutput(
      context: context, direction: .push, account: options.target.url,
      archive: options.archivePath, dryRun: options.dryRun)
    return output.finish(try await push(options, context, observer: output.observer))
  }

  /// Calls the pipeline.
  private static func push(
    _ options: PushOptions, _ context: RunContext, observer: any RunObserver
  ) async throws -> RunReport {
    throw Failure.usage("this build can't push yet")
  }
}
