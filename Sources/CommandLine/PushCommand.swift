import Pipeline

/// `mailarc push ARCHIVE TARGET`.
enum PushCommand {
  /// Pushes, and shows how it goes and what came of it.
  ///
  /// - Throws: what kept the run from beginning. What stopped it later stands in its report.
  static func run(_ context: RunContext) async throws -> ExitStatus {
    throw Failure.usage("this build can't push yet")
  }
}
