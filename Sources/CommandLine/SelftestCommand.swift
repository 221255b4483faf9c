import Clients
import Mail
import Pipeline
import Platform

/// `mailarc selftest ACCOUNT`.
enum SelftestCommand {
  /// After such a time most servers have seen that a client is gone.
  private static let mostPause = 3.0

  /// Kills pushes into a scratch mailbox, and shows what came of it.
  ///
  /// - Throws: what kept it from being done; the signal's failure if interrupted.
  static func run(_ context: RunContext) async throws -> ExitStatus {
    let invocation = context.invocation
    let url = try AccountURL(parsing: invocation.operands[0])
    try url.requireIMAP(for: .selftest)
    let account = try context.account(url)
    let seed = invocation.number(.seed) ?? Int(UInt32.random(in: 0...UInt32.max))
    let name = SelftestOptions.prefix + RandomID.hex(bytes: 6)
    guard let mailbox = MailboxName([name]) else { return .usage }
    let options = SelftestOptions(
      account: account, mailbox: mailbox, kills: invocation.number(.kills) ?? 20,
      messages: invocation.number(.messageCount) ?? 40, seed: UInt64(seed),
      settleSeconds: PushCommand.settleSeconds,
      mostPause: min(mostPause, PushCommand.settleSeconds), retry: .standard)
    let output = SelftestOutput(context, account: url, options: options)
    let pipeline = SelftestPipeline(
      options: options,
      launcher: try SelftestLauncher(invocation, password: account.password), observer: output,
      interruption: context.interruption)
    let report = try await Interrupted.told { try await pipeline.run() }
    output.finish(report)
    return report.exitStatus
  }
}
