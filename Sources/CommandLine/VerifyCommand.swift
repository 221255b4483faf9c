import Pipeline
import Platform

/// `mailarc verify ARCHIVE`.
enum VerifyCommand {
  /// Verifies the archive, or makes its records anew, and shows what came of it.
  ///
  /// - Throws: what kept it from being done; the signal's failure if interrupted.
  static func run(_ context: RunContext) async throws -> ExitStatus {
    let invocation = context.invocation
    guard invocation.has(.rebuild) || !invocation.has(.account) else {
      throw Failure.usage("--account is for --rebuild only")
    }
    let path = invocation.operands[0]
    let output = VerifyOutput(context)
    let interruption = context.interruption
    return try await Interrupted.told {
      try await WorkerThread.run(name: "mailarc-verify", cancelling: interruption) {
        if invocation.has(.rebuild) {
          let report = try RebuildArchive(
            path: path, account: invocation.text(.account), observer: output,
            interruption: interruption
          ).run()
          output.finish(report)
          return report.exitStatus
        }
        let report = try VerifyArchive(
          path: path, observer: output, interruption: interruption
        ).run()
        output.finish(report)
        return report.exitStatus
      }
    }
  }
}
