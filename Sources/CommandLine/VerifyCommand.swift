import Pipeline

/// `mailarc verify ARCHIVE`.
enum VerifyCommand {
  static func run(_ context: RunContext) async throws -> ExitStatus {
    .done
  }
}
