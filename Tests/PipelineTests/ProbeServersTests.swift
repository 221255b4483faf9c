import Clients
import Glibc
import Mail
import Platform
import Protocols
import TestSupport
import Testing
import Transport

@testable import Pipeline

/// Probes of real servers: what they find, and that they leave no trace.
@Suite struct ProbeServersTests {
  @Test(.requires(.dovecot)) func `Dovecot is seen as it is, and left so`() throws {
    let bench = try look(at: .dovecot)
    let commands = Set(try bench.commands())
    #expect(
      commands.isSubset(of: [
        "CAPABILITY", "ID", "NAMESPACE", "LIST", "STATUS", "EXAMINE", "UID SEARCH",
        "GETQUOTAROOT", "LOGOUT",
      ]), "\(commands)")
    #expect(commands.contains("EXAMINE"))
  }
  @Test(.requires(.courier)) func `Courier is seen as it is, and left so`() throws {
    _ = try look(at: .courier)
  }
  @Test(.requires(.cyrus)) func `Cyrus is seen as it is, and left so`() throws {
    _ = try look(at: .cyrus)
  }
  @Test(.requires(.mailutils)) func `GNU mailutils is seen as it is, and left so`() throws {
    _ = try look(at: .mailutils)
  }

  private func look(at kind: ServerKind) throws -> ProbeBench {
    let bench = try ProbeBench(kind)
    try bench.fill()
    let mailboxes = ["INBOX", bench.raw("Work"), bench.raw("Empty")]
    let before = try mailboxes.map { try bench.plain().messages(in: $0) }
    let report = try bench.probe()
    let probed = report.accounts[0]
    #expect(probed.account.link.address == "127.0.0.1:\(bench.server.imapPort)")
    #expect(probed.account.link.tls?.version == "TLSv1.3")
    #expect(probed.account.link.tls?.certificate?.names.contains("DNS:localhost") == true)
    let end = try #require(probed.account.link.tls?.certificate?.validUntil)
    #expect(end > WallClock.now && end < WallClock.now + 100 * 86_400)
    #expect(probed.account.login != nil)
    let found = try probed.imap()
    let counts = Dictionary(
      uniqueKeysWithValues: found.mailboxes.map { ($0.name.description, $0.messages) })
    #expect(counts["INBOX"] == 3)
    #expect(counts["Work"] == 2)
    #expect(counts["Empty"] == 0)
    #expect(found.octets.isWhole)
    // What GNU mailutils tells is what its file has.
    if kind != .mailutils { #expect(found.octets.known == ProbeBench.octets(5)) }
    #expect(found.hasOldMail == true)
    #expect(!report.findings.contains { $0.kind == .mailboxRefused || $0.kind == .onlyRecentMail })
    let lacksUIDPlus = report.findings.contains { $0.kind == .noUIDPlus }
    #expect(lacksUIDPlus == (kind == .mailutils))
    #expect(try mailboxes.map { try bench.plain().messages(in: $0) } == before)
    return bench
  }

  @Test(.requires(.dovecot)) func `mail of the last days only is suspicious`() throws {
    let bench = try ProbeBench(.dovecot)
    let now = Int(WallClock.now)
    try bench.plain().append(PullBench.message("a"), to: "INBOX", date: now - 20 * 86_400)
    #expect(try bench.kinds() == [.onlyRecentMail])
    #expect(try bench.imap().hasOldMail == false)
    try bench.plain().append(PullBench.message("b"), to: "INBOX", date: now - 40 * 86_400)
    #expect(try bench.kinds() == [])
  }

  @Test(.requires(.dovecot)) func `new mail stays new`() throws {
    let bench = try ProbeBench(.dovecot)
    try bench.plain().append(PullBench.message("a"), to: "INBOX")
    _ = try bench.probe()
    // The first session that opens it for writing still finds it recent.
    let client = try bench.plain()
    try client.select("INBOX")
    #expect(try client.command("UID SEARCH RECENT").contains { $0.map(\.text).contains("1") })
  }

  @Test(.requires(.dovecot)) func `a quota of Dovecot's, and mail for which it has no room`() throws
  {
    var configuration = DovecotConfiguration.usual
    configuration.extra = [
      """
      mail_plugins = quota
      protocol imap {
        mail_plugins = quota imap_quota
      }
      plugin {
        quota = count:User quota
        quota_vsizes = yes
        quota_rule = *:storage=2K:messages=1000
      }
      """
    ]
    let target = try ProbeBench(.dovecot, on: try Dovecot.start(configuration))
    try target.plain().append(PullBench.message("x"), to: "INBOX")
    let quotas = try #require(try target.imap().quotas)
    #expect(quotas.map(\.root) == [Array("User quota".utf8)])
    #expect(quotas[0].octets?.limit == 2048)
    #expect(quotas[0].messages?.usage == 1)
    #expect(quotas[0].messages?.limit == 1000)
    let source = try ProbeBench(.dovecot)
    #expect(try source.imap().quotas == nil)
    func pair() throws -> [ProbeFinding.Kind] {
      try source.probe(target: target.account()).pair.map(\.kind)
    }
    #expect(try pair() == [])
    for index in 0..<15 { try source.plain().append(PullBench.message("m\(index)"), to: "INBOX") }
    #expect(try pair() == [.quotaExceeded])
  }

  // MARK: POP3

  @Test(.requires(.dovecot)) func `Dovecot over POP3`() throws { try maildrop(.dovecot) }
  @Test(.requires(.courier)) func `Courier over POP3`() throws { try maildrop(.courier) }
  @Test(.requires(.cyrus)) func `Cyrus over POP3`() throws { try maildrop(.cyrus) }
  @Test(.requires(.mailutils)) func `GNU mailutils over POP3`() throws { try maildrop(.mailutils) }

  private func maildrop(_ kind: ServerKind) throws {
    let bench = try ProbeBench(kind)
    try bench.fill()
    let before = try bench.plain().messages(in: "INBOX")
    let report = try bench.probe(.pop3)
    guard case .pop3(let found) = report.accounts[0].account.content else {
      Issue.record("IMAP")
      return
    }
    #expect(found.messages == 3)
    #expect(found.octets > 0)
    #expect(found.hasUIDLs == true)
    #expect(found.capabilities?.hasTop == true)
    #expect(report.accounts[0].account.link.tls != nil)
    #expect(report.findings.contains { $0.kind == .onlyInbox })
    let after = try bench.plain().messages(in: "INBOX")
    #expect(after.map(\.uid) == before.map(\.uid))
    #expect(after.map(\.flags) == before.map(\.flags))
    // GNU mailutils notes in a message what UIDL calls it.
    if kind != .mailutils { #expect(after == before) }
    if kind == .dovecot {
      let server = try #require(bench.server as? Dovecot)
      let commands = Set(try server.pop3Commands(of: bench.user))
      #expect(commands.isSubset(of: ["CAPA", "STAT", "UIDL", "LIST", "QUIT"]), "\(commands)")
    }
  }
}

extension ProbeBench {
  /// What is found, but for the certificate of the test's server, which does not live long.
  fileprivate func kinds() throws -> [ProbeFinding.Kind] {
    try probe().findings.map(\.kind).filter { $0 != .certificateExpires }
  }

  /// What mailarc's own sessions asked after the login.
  fileprivate func commands() throws -> [String] {
    guard let server = server as? Dovecot else { return [] }
    return try server.transcript(of: user).filter { !$0.hasPrefix("p") }.compactMap { line in
      let words = line.split(separator: " ").map { $0.uppercased() }
      guard words.count > 1 else { return nil }
      return words[1] == "UID" && words.count > 2 ? "UID " + words[2] : words[1]
    }
  }
}
