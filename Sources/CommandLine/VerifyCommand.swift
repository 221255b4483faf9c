import Clients
import Pipeline
import Platform
import Stores

/// `mailarc verify ARCHIVE [ACCOUNT]`, `mailarc verify --against FILE ACCOUNT`.
enum VerifyCommand {
  /// Verifies the archive, makes its records anew, or compares an account, and shows what came of it.
  ///
  /// - Throws: what kept it from being done; the signal's failure if interrupted.
  static func run(_ context: RunContext) async throws -> ExitStatus {
    let invocation = context.invocation
    let options = try comparison(context)
    try check(invocation, hasAccount: options != nil)
    let output = VerifyOutput(context)
    let interruption = context.interruption
    return try await Interrupted.told {
      try await WorkerThread.run(name: "mailarc-verify", cancelling: interruption) {
        if let options {
          let report = try CompareAccount(
            options: options, observer: output, interruption: interruption
          ).run()
          output.finish(report, receipt: options.receipt)
          return report.exitStatus
        }
        let path = invocation.operands[0]
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

  private static func check(_ invocation: Invocation, hasAccount: Bool) throws(Failure) {
    guard invocation.has(.rebuild) || !invocation.has(.account) else {
      throw Failure.usage("--account is for --rebuild only")
    }
    guard !hasAccount else { return }
    for option in OptionName.allCases where ofComparison.contains(option) && invocation.has(option)
    {
      throw Failure.usage(
        "--\(option.rawValue) is for the comparison with an account",
        advice: "Usage: mailarc verify ARCHIVE ACCOUNT")
    }
  }

  private static let ofComparison: Set<OptionName> = [
    .receipt, .full, .withDeleted, .state, .mboxDialect, .passwordFile, .passwordCommand,
    .tlsAuthority, .allowPlaintext, .timeout, .separator, .namespace, .allNamespaces,
  ]

  /// What is compared with an account; nil if nothing is.
  ///
  /// May ask for the password.
  private static func comparison(_ context: RunContext) throws(Failure) -> CompareOptions? {
    let invocation = context.invocation
    let receipt = invocation.text(.against)
    guard receipt != nil || invocation.operands.count > 1 else { return nil }
    if invocation.has(.rebuild) { throw .usage("--rebuild needs no account") }
    for option in [OptionName.receipt, .withDeleted, .state, .mboxDialect] {
      try invocation.refuse(.against, with: option)
    }
    let url = try AccountURL(parsing: invocation.operands.last ?? "")
    if receipt != nil { try url.requireIMAP(for: .verify) }
    guard url.service == .imap || !invocation.has(.receipt) else {
      throw .usage(
        "--receipt needs IMAP",
        advice: "POP3 tells neither UIDs nor dates nor flags, of which a receipt consists.")
    }
    let subject: CompareOptions.Subject =
      receipt.map { .receipt($0) } ?? .mail(invocation.operands[0])
    return CompareOptions(
      subject: subject, statePath: PushCommand.statePath(invocation),
      mboxDialect: invocation.text(.mboxDialect).flatMap(MboxDialect.init),
      account: try context.account(url),
      full: invocation.has(.full), withDeleted: invocation.has(.withDeleted),
      receipt: invocation.text(.receipt), retry: .standard)
  }
}
