import Pipeline
import Platform

/// `mailarc status ARCHIVE`.
enum StatusCommand {
  /// Looks at the archive and shows what was changed and what a push would do.
  ///
  /// - Throws: what kept it from being done; the signal's failure if interrupted.
  static func run(_ context: RunContext) async throws -> ExitStatus {
    let invocation = context.invocation
    let interruption = context.interruption
    let status = try await Interrupted.told {
      try await WorkerThread.run(name: "mailarc-status", cancelling: interruption) {
        try StatusArchive(
          path: invocation.operands[0], full: invocation.has(.full), interruption: interruption
        ).run()
      }
    }
    if invocation.has(.json) {
      StatusEvents(terminal: context.terminal, wantsMessages: invocation.has(.messages))
        .show(status)
    } else {
      context.terminal.print(
        StatusText.render(status, wantsMessages: invocation.has(.messages)))
    }
    return status.exitStatus
  }
}
