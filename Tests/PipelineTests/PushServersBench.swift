import Clients
import Glibc
import Mail
import Platform
import Protocols
import TestSupport
import Transport

@testable import Pipeline

/// One server of each kind for all tests; each test has its own user.
enum SharedServers {
  private static let courier = Result { try ServerKind.courier.start() }
  private static let cyrus = Result { try ServerKind.cyrus.start() }
  private static let mailutils = Result { try ServerKind.mailutils.start() }

  static func get(_ kind: ServerKind) throws -> any TestServer {
    switch kind {
    case .dovecot: try SharedDovecot.get()
    case .courier: try courier.get()
    case .cyrus: try cyrus.get()
    case .mailutils: try mailutils.get()
    }
  }
}

/// An archive that was pulled from Dovecot, and accounts on a server of some kind to push it into.
final class PushServersBench {
  let kind: ServerKind
  let server: any TestServer
  let source: PullBench
  var archive: String { source.archive }

  init(_ kind: ServerKind) throws {
    self.kind = kind
    server = try SharedServers.get(kind)
    source = try PullBench()
  }

  func newUser() throws -> String {
    let user = "s" + RandomID.hex(bytes: 6)
    try server.addUser(user, password: "secret")
    return user
  }

  /// The independent client in an account of the server.
  func plain(_ user: String) throws -> PlainIMAP {
    try PlainIMAP(port: server.imapPort, user: user, password: "secret")
  }

  // MARK: Runs

  private func account(_ user: String) -> ServerAccount {
    ServerAccount(
      service: .imap, user: user, password: Secret("secret"), host: "127.0.0.1",
      port: server.imapPort,
      security: .startTLS, trust: .file(path: server.caFile), timeout: 20,
      identity: user + "@127.0.0.1")
  }

  /// Pushes in this process.
  func push(
    _ user: String, archive: String? = nil,
    _ change: (inout PushBench.Options) -> Void = { _ in }
  ) async throws -> RunReport {
    var chosen = PushBench.Options()
    change(&chosen)
    let options = PushOptions(
      archivePath: archive ?? self.archive, statePath: source.directory.file("state"),
      mboxDialect: nil, target: account(user), connections: 2, dryRun: false,
      acceptDeletions: false, resendDeleted: false, withDeleted: false, retryRefused: false,
      mend: chosen.mend, full: false, prune: chosen.prune, pruneLimit: 100,
      fixDates: chosen.fixDates,
      retry: RetryPolicy(pauses: [0.01, 0.01, 0.01, 0.01]), settleSeconds: 0.2)
    return await PushPipeline(
      options: options, observer: NoObserver(), interruption: try Interruption()
    ).run()
  }

  /// Compares an account with the archive, or with a receipt.
  func compare(
    _ user: String, full: Bool = false, receipt: String? = nil, against: String? = nil
  ) throws -> ComparisonReport {
    try CompareAccount(
      options: CompareOptions(
        subject: against.map { .receipt($0) } ?? .mail(archive),
        statePath: source.directory.file("state"), mboxDialect: nil, account: account(user),
        full: full, withDeleted: false, receipt: receipt, retry: RetryPolicy(pauses: [0.01, 0.01])),
      observer: NoComparisonObserver(), interruption: try Interruption()
    ).run()
  }

  /// Pulls the account of the server into an archive of its own.
  func pullBack(_ user: String, into name: String) async throws -> RunReport {
    let options = PullOptions(
      source: account(user), archivePath: source.directory.file(name), layout: nil, connections: 2,
      dryRun: false, acceptDeletions: false, refetchDeleted: false,
      retry: RetryPolicy(pauses: [0.01, 0.01, 0.01]))
    return await PullPipeline(
      options: options, observer: NoObserver(), interruption: try Interruption()
    ).run()
  }

  /// The arguments of a push by the program itself.
  func arguments(_ user: String, archive: String) -> [String] {
    ["push", archive] + access(user) + ["--connections", "1"]
  }

  /// The account, and how to get at it.
  func access(_ user: String) -> [String] {
    [
      "imap://\(user)@127.0.0.1:\(server.imapPort)", "--tls-ca", server.caFile, "--password-file",
      source.directory.file("password"),
    ]
  }

  /// Forgets what was pushed.
  func loseState() throws {
    try runSuccessfully("/bin/rm", ["-rf", archive + "/.mailarc/push"])
  }

  // MARK: Looking

  /// What an account holds, by mailbox with its components joined by `/`; mailboxes without mail
  /// are left out.
  func held(_ user: String) throws -> [String: [PlainMessage]] {
    let account = try plain(user).account(prefix: kind.prefix)
    return Dictionary(
      uniqueKeysWithValues: account.mailboxes.filter { !$0.value.messages.isEmpty }.map {
        ($0.key.replacing("\n", with: "/"), $0.value.messages)
      })
  }
}
