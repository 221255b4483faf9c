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
  func plain(_ user: String) throws -> PlainIMAP { try account(user).plain() }

  // MARK: Runs

  private func account(_ user: String) -> AccountBench {
    AccountBench(server: server, user: user, directory: source.directory)
  }

  /// Pushes in this process.
  func push(
    _ user: String, archive: String? = nil,
    _ change: (inout PushBench.Options) -> Void = { _ in }
  ) async throws -> RunReport {
    try await account(user).push(archive ?? self.archive, change)
  }

  /// Compares an account with the archive, or with a receipt.
  func compare(
    _ user: String, full: Bool = false, receipt: String? = nil, against: String? = nil
  ) throws -> ComparisonReport {
    try account(user).compare(
      against.map { .receipt($0) } ?? .mail(archive), full: full, receipt: receipt)
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
