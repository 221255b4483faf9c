import Clients
import Mail
import Platform
import Protocols
import TestSupport
import Transport

@testable import Pipeline

/// An account on a server of whatever kind, and runs against it in this process.
struct AccountBench {
  let server: any TestServer
  let user: String
  /// Where the state of pushes is.
  let directory: TemporaryDirectory

  /// The independent client in the account.
  func plain() throws -> PlainIMAP {
    try PlainIMAP(port: server.imapPort, user: user, password: "secret")
  }

  private var account: ServerAccount {
    ServerAccount(
      service: .imap, user: user, password: Secret("secret"), host: "127.0.0.1",
      port: server.imapPort, security: .startTLS, trust: .file(path: server.caFile), timeout: 20,
      identity: user + "@127.0.0.1")
  }

  /// Pulls the account.
  func pull(into archive: String) async throws -> RunReport {
    let options = PullOptions(
      source: account, archivePath: archive, layout: nil, connections: 2, dryRun: false,
      acceptDeletions: false, refetchDeleted: false,
      retry: RetryPolicy(pauses: [0.01, 0.01, 0.01]))
    return await PullPipeline(
      options: options, observer: NoObserver(), interruption: try Interruption()
    ).run()
  }

  /// Pushes an archive into the account.
  func push(
    _ archive: String, _ change: (inout PushBench.Options) -> Void = { _ in }
  ) async throws -> RunReport {
    var chosen = PushBench.Options()
    change(&chosen)
    let options = PushOptions(
      archivePath: archive, statePath: directory.file("state"), mboxDialect: nil, target: account,
      connections: chosen.connections, dryRun: false, acceptDeletions: false, resendDeleted: false,
      withDeleted: false, retryRefused: false, mend: chosen.mend, full: false,
      prune: chosen.prune, pruneLimit: 100, fixDates: chosen.fixDates,
      retry: RetryPolicy(pauses: [0.01, 0.01, 0.01, 0.01]), settleSeconds: 0.2)
    return await PushPipeline(
      options: options, observer: NoObserver(), interruption: try Interruption()
    ).run()
  }

  /// Compares the account with mail or with a receipt.
  func compare(
    _ subject: CompareOptions.Subject, full: Bool = false, receipt: String? = nil
  ) throws -> ComparisonReport {
    try CompareAccount(
      options: CompareOptions(
        subject: subject, statePath: directory.file("state"), mboxDialect: nil, account: account,
        full: full, withDeleted: false, receipt: receipt, retry: RetryPolicy(pauses: [0.01, 0.01])),
      observer: NoComparisonObserver(), interruption: try Interruption()
    ).run()
  }
}
