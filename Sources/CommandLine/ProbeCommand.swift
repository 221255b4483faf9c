import Clients
import Pipeline
import Platform

/// `mailarc probe ACCOUNT [TARGET]`.
enum ProbeCommand {
  /// Looks at an account, or at two that mail is to go from and to, and shows what it found.
  ///
  /// - Throws: what kept it from being done; the signal's failure if interrupted.
  static func run(_ context: RunContext) async throws -> ExitStatus {
    let operands = context.invocation.operands
    let isPair = operands.count > 1
    try OptionName.check(context.invocation, isPair: isPair)
    let url = try AccountURL(parsing: operands[0])
    let targetURL = try isPair ? AccountURL(parsing: operands[1]) : nil
    try targetURL?.requireIMAP(for: .push)
    let account = try context.account(url, isPair ? .source : .sole)
    let target = try targetURL.map { url throws(Failure) in try context.account(url, .target) }
    let output = ProbeOutput(context)
    let interruption = context.interruption
    let report = try await Interrupted.told {
      try await WorkerThread.run(name: "mailarc-probe", cancelling: interruption) {
        try ProbeAccounts(account: account, target: target, interruption: interruption).run()
      }
    }
    output.finish(report)
    return report.exitStatus
  }
}
