import Clients
import Mail
import Pipeline
import Protocols
import Testing
import Transport

@testable import CommandLine

/// How a probe is shown, to people and to programs.
struct ProbeOutputTests {
  private func report(_ words: String = "x", pair: [ProbeFinding] = []) throws -> ProbeReport {
    var found = ProbedIMAP()
    found.capabilities = CapabilitySet(["IMAP4REV1", "UIDPLUS"].map { Capability($0) })
    found.serverID = ["name": words, "version": "2"]
    found.quotas = [
      Quota(
        root: Array(words.utf8),
        resources: [Quota.Resource(name: "STORAGE", usage: 1, limit: .max)])
    ]
    var inbox = ProbedMailbox(name: .inbox)
    inbox.messages = 1200
    inbox.unseen = 3
    inbox.octets = 4_500_000
    inbox.keywords = [Keyword(words)]
    inbox.keeps = .only([Keyword(words)])
    var other = ProbedMailbox(name: try #require(MailboxName([words])))
    other.refusal = words
    found.mailboxes = [inbox, other]
    let certificate = CertificateFacts(
      subject: words, issuer: words, names: words, validUntil: 1_800_000_000)
    let account = ProbedAccount(
      identity: words, host: "h", port: 993,
      link: LinkFacts(
        address: "192.0.2.1:993",
        tls: TLSFacts(version: "TLSv1.3", cipher: "C", certificate: certificate)),
      login: "LOGIN", mechanisms: ["PLAIN"], content: .imap(found))
    let findings = [
      ProbeFinding(.mailboxRefused, mailbox: other.name, words, advice: words),
      ProbeFinding(.noCondStore, words),
    ]
    return ProbeReport(
      accounts: [ProbeReport.Account(role: .account, account: account, findings: findings)],
      pair: pair)
  }

  @Test func `people see how, what, how much, and what would go wrong`() throws {
    let lines = ProbeText.render(try report("y"))
    #expect(lines[0] == "y, IMAP on h:993")
    #expect(lines.contains { $0.hasPrefix("  TLS ") && $0.hasSuffix("  TLSv1.3, C") })
    #expect(lines.contains { $0.hasPrefix("  certificate ") && $0.hasSuffix("until 2027-01-15") })
    #expect(lines.contains { $0.hasPrefix("  has ") && $0.hasSuffix("  UIDPLUS") })
    #expect(lines.contains { $0.hasPrefix("  quota ") && $0.contains("1.0 kB of") })
    #expect(lines.contains { $0.hasPrefix("INBOX") && $0.contains("1,200") })
    #expect(lines.contains { $0.hasPrefix("Total") && $0.contains("at least 4.5 MB") })
    let wrong = try #require(lines.firstIndex(of: "Warnings:"))
    #expect(Array(lines[wrong...].prefix(3)) == [lines[wrong], "  y: y", "    hint: y"])
    #expect(lines.suffix(4) == ["Notes:", "  y", "", "1 warning: see above."])
  }

  @Test func `nothing that a server says reaches the terminal as it is`() throws {
    let hostile = "\u{1B}[2J\u{202E}\r\n"
    let report = try report(hostile, pair: [ProbeFinding(.sameAccount, hostile, advice: hostile)])
    for line in ProbeText.render(report) + ProbeText.warnings(report) {
      #expect(!line.unicodeScalars.contains { $0.value < 0x20 || $0 == "\u{202E}" }, "\(line)")
    }
  }

  @Test func `programs get these members`() throws {
    let report = try report(pair: [ProbeFinding(.namesCollide, "z")])
    #expect(
      ProbeJSON.members(report.accounts[0]).map(\.0) == [
        "role", "account", "service", "host", "port", "address", "tls", "login", "mechanisms",
        "server", "capabilities", "separator", "prefix", "append_limit", "quotas", "mailboxes",
        "messages", "bytes",
      ])
    let mailboxes = ProbeJSON.mailboxes(report.accounts[0])
    #expect(mailboxes.count == 2)
    #expect(
      mailboxes[0].map(\.0) == [
        "role", "mailbox", "special_use", "selectable", "messages", "unread", "bytes", "keywords",
        "keeps_keywords",
      ])
    #expect(mailboxes[0][4].1 == .integer(Int64(1200)))
    let findings = ProbeJSON.findings(report)
    #expect(findings.map { $0[0].1 } == [.string("account"), .string("account"), .string("pair")])
    #expect(findings.map { $0[2].1 } == [.bool(true), .bool(false), .bool(true)])
    #expect(
      ProbeJSON.summary(report).map(\.0) == [
        "command", "accounts", "warnings", "notes", "exit_status",
      ])
    #expect(ProbeJSON.summary(report)[2].1 == .integer(Int64(2)))
    #expect(ProbeJSON.summary(report)[4].1 == .integer(Int64(1)))
  }

  // MARK: Options

  private func check(_ words: [String], isPair: Bool) throws {
    let invocation = try ArgumentParser.parse(["probe"] + words)
    try OptionName.check(invocation, isPair: isPair)
  }

  @Test(arguments: OptionName.ofAccount) func `an option of an account says of which`(
    _ option: OptionName
  ) throws {
    let value =
      [.allowPlaintext, .allNamespaces].contains(option) ? [] : option == .timeout ? ["5"] : ["x"]
    for role in [AccountRole.source, .target] {
      let words = ["--" + option.of(role).rawValue] + value
      #expect(option.of(role) != option)
      #expect(throws: Never.self) { try check(words + ["a", "b"], isPair: true) }
      #expect(throws: Failure.self) { try check(words + ["a"], isPair: false) }
    }
    let words = ["--" + option.rawValue] + value
    #expect(throws: Never.self) { try check(words + ["a"], isPair: false) }
    #expect(throws: Failure.self) { try check(words + ["a", "b"], isPair: true) }
  }
}
