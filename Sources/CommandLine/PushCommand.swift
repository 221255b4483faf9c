import Clients
import Pipeline
import Platform
import Stores

/// `mailarc push ARCHIVE [TARGET]`.
enum PushCommand {
  /// Resolves what the command line says; may ask for the password.
  ///
  /// - Throws: a usage failure; the signal's failure if interrupted.
  static func options(_ context: RunContext, _ url: AccountURL) throws(Failure) -> PushOptions {
    let invocation = context.invocation
    try invocation.refuse(.acceptDeletions, with: .resendDeleted)
    if invocation.has(.pruneLimit), !invocation.has(.prune) {
      throw .usage("--prune-limit says something of --prune, which is not given")
    }
    return PushOptions(
      archivePath: invocation.operands[0], statePath: statePath(invocation),
      mboxDialect: invocation.text(.mboxDialect).flatMap(MboxDialect.init),
      target: try context.account(url),
      connections: context.connections, dryRun: invocation.has(.dryRun),
      acceptDeletions: invocation.has(.acceptDeletions),
      resendDeleted: invocation.has(.resendDeleted), withDeleted: invocation.has(.withDeleted),
      retryRefused: invocation.has(.retryRefused), mend: invocation.has(.mend),
      full: invocation.has(.full),
      prune: invocation.has(.prune),
      pruneLimit: invocation.number(.pruneLimit) ?? PruneLimit.standard,
      fixDates: invocation.has(.fixDates), retry: .standard,
      settleSeconds: settleSeconds)
  }

  /// Pushes, and shows how it goes and what came of it.
  ///
  /// - Throws: what kept the run from beginning. What stopped it later stands in its report.
  static func run(_ context: RunContext) async throws -> ExitStatus {
    let operands = context.invocation.operands
    let url =
      try operands.count > 1 ? AccountURL(parsing: operands[1]) : onlyTarget(of: operands[0])
    try url.requireIMAP(for: .push)
    let options = try options(context, url)
    let output = RunOutput(
      context: context, direction: .push, account: url, archive: options.archivePath,
      dryRun: options.dryRun)
    let pipeline = PushPipeline(
      options: options, observer: output.observer, interruption: context.interruption)
    return output.finish(await pipeline.run())
  }

  /// The only account that the archive was pushed to.
  private static func onlyTarget(of archive: String) throws(Failure) -> AccountURL {
    let target = try OnlyTarget(path: archive).run()
    let url = try AccountURL(parsing: target.url)
    // The record lies where anybody may have written who had the archive in their hands.
    guard url.identity == target.identity else {
      throw .usage(
        "the archive names \(target.url) for its target \(target.identity)",
        advice: "Name the account yourself: mailarc push \(archive) imaps://user@host.")
    }
    return url
  }

  /// What a push remembers of mail in no archive lies where the XDG base directories put state.
  static func statePath(_ invocation: Invocation) -> String? {
    if let path = invocation.text(.state) { return path }
    if let base = Environment.value("XDG_STATE_HOME"), base.hasPrefix("/") {
      return base + "/mailarc"
    }
    guard let home = Environment.value("HOME"), home.hasPrefix("/") else { return nil }
    return home + "/.local/state/mailarc"
  }

  /// Tests that kill a push at each of many steps can't wait as long as people's mail deserves.
  static var settleSeconds: Double {
    #if DEBUG
      if let text = Environment.value("MAILARC_SETTLE_SECONDS"), let value = Double(text) {
        return value
      }
    #endif
    return PushOptions.standardSettleSeconds
  }
}
