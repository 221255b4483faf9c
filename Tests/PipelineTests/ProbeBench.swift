import Clients
import Glibc
import Mail
import Platform
import Protocols
import TestSupport
import Transport

@testable import Pipeline

/// Accounts on a server of some kind that are probed.
final class ProbeBench {
  let kind: ServerKind
  let server: any TestServer
  let user: String
  let directory: TemporaryDirectory

  init(_ kind: ServerKind, on own: (any TestServer)? = nil) throws {
    self.kind = kind
    server = try own ?? SharedServers.get(kind)
    user = "p" + RandomID.hex(bytes: 6)
    try server.addUser(user, password: "secret")
    directory = try TemporaryDirectory()
    try writeFile(directory.file("password"), "secret\n")
    chmod(directory.file("password"), 0o600)
  }

  /// The independent client.
  func plain() throws -> PlainIMAP {
    try PlainIMAP(port: server.imapPort, user: user, password: "secret")
  }

  /// The name on the wire of a mailbox that is not INBOX.
  func raw(_ name: String) -> String { kind.prefix + name }

  /// Puts three messages into INBOX, two into Work, and makes an empty mailbox; one message is old.
  func fill() throws {
    // GNU mailutils has no INBOX before, and loses what is appended to an open mailbox.
    try plain().select("INBOX")
    let client = try plain()
    try client.create(raw("Work"))
    try client.create(raw("Empty"))
    let now = Int(WallClock.now) - 3600
    for (subject, mailbox, date) in [
      ("a", "INBOX", 1_234_567_890), ("b", "INBOX", now), ("c", "INBOX", now),
      ("d", raw("Work"), now), ("e", raw("Work"), now),
    ] {
      try client.append(
        PullBench.message(subject), to: mailbox, flags: subject == "b" ? ["\\Flagged"] : [],
        date: date)
    }
    try client.command("LOGOUT")
  }

  /// The octets of so many messages of `fill`.
  static func octets(_ count: Int) -> UInt64 { UInt64(count * PullBench.message("a").count) }

  func account(
    _ service: MailService = .imap, port: UInt16? = nil, security: ConnectionSecurity = .startTLS
  ) -> ServerAccount {
    ServerAccount(
      service: service, user: user, password: Secret("secret"), host: "127.0.0.1",
      port: port ?? (service == .imap ? server.imapPort : server.pop3Port), security: security,
      trust: .file(path: server.caFile), timeout: 20, identity: user + "@127.0.0.1")
  }

  /// Probes in this process.
  func probe(_ service: MailService = .imap, target: ServerAccount? = nil) throws -> ProbeReport {
    try ProbeAccounts(
      account: account(service), target: target, interruption: try Interruption()
    ).run()
  }

  func imap() throws -> ProbedIMAP { try probe().accounts[0].imap() }

  /// Probes with the program itself, in whose home and working directory there is nothing.
  func run(_ more: [String], pop3: Bool = false) throws -> ProcessResult {
    let url =
      pop3
      ? "pop3://\(user)@127.0.0.1:\(server.pop3Port)"
      : "imap://\(user)@127.0.0.1:\(server.imapPort)"
    let home = directory.file("home")
    mkdir(home, 0o755)
    let result = try runProcess(
      builtProgram("mailarc"),
      [
        "probe", url, "--tls-ca", server.caFile, "--password-file", directory.file("password"),
      ] + more, environment: ["HOME": home, "XDG_STATE_HOME": home + "/state"])
    guard try listDirectory(home) == [] else { throw TestSetupError("the probe wrote a file") }
    return result
  }
}

extension ProbeReport.Account {
  /// What is there over IMAP.
  func imap() throws -> ProbedIMAP {
    guard case .imap(let found) = account.content else { throw TestSetupError("POP3") }
    return found
  }
}
