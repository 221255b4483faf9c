import Clients
import Mail
import Platform
import Protocols
import TestSupport
import Testing
import Transport

@testable import Pipeline

/// Probes of servers in memory, which have less than real ones, or say it otherwise.
@Suite struct ProbeFakeTests {
  private func probe(
    _ server: FakeTarget, target: FakeTarget? = nil
  ) throws -> ProbeReport {
    func account(_ server: FakeTarget, _ user: String) -> ServerAccount {
      ServerAccount(
        service: .imap, user: user, password: Secret("secret"), host: "127.0.0.1",
        port: server.port, security: .plaintextAllowed, trust: .system, timeout: 10,
        identity: user)
    }
    return try ProbeAccounts(
      account: account(server, "ada"), target: target.map { account($0, "bob") },
      interruption: try Interruption()
    ).run()
  }

  private func message(_ uid: UInt32, _ octets: Int) -> FakeTarget.Message {
    FakeTarget.Message(
      uid: uid, flags: [], date: nil, body: Array(repeating: UInt8(ascii: "x"), count: octets))
  }

  @Test func `without STATUS=SIZE the sizes of messages are added up`() throws {
    let server = try FakeTarget("")
    server["INBOX"] = FakeTarget.Mailbox(messages: [message(3, 10), message(9, 32)])
    server["Empty"] = FakeTarget.Mailbox()
    let found = try probe(server).accounts[0].imap()
    #expect(found.mailboxes.map(\.octets) == [42, 0])
    #expect(found.mailboxes.map(\.messages) == [2, 0])
    let asked = server.lines.map { $0.components(" ") }.map {
      $0.dropFirst().joined(separator: " ")
    }
    #expect(asked.contains("UID FETCH 1:* (RFC822.SIZE)"))
    // An empty mailbox is asked nothing, and nothing is opened for writing.
    #expect(asked.count { $0.hasPrefix("UID FETCH") } == 1)
    #expect(asked.count { $0.hasPrefix("EXAMINE") } == 2)
    let allowed: Set = [
      "CAPABILITY", "LOGIN", "LIST", "LSUB", "STATUS", "EXAMINE", "UID", "LOGOUT",
    ]
    #expect(Set(asked.map { $0.components(" ")[0] }).isSubset(of: allowed))
  }

  @Test(arguments: [
    (String?.none, KeywordsKept.any), (#"(\Seen \*)"#, .any), ("()", .untold),
    (#"(\Seen \Deleted)"#, .only([])), (#"(\Seen todo)"#, .only([Keyword("todo")])),
  ])
  func `what EXAMINE says of keywords`(_ permanent: String?, _ kept: KeywordsKept) throws {
    let server = try FakeTarget("UIDPLUS CONDSTORE") { $0.permanentFlags = permanent }
    let report = try probe(server)
    #expect(try report.accounts[0].imap().mailboxes.map(\.keeps) == [kept])
    let isNamed = report.findings.contains { $0.kind == .keywordsNotKept }
    if case .only = kept { #expect(isNamed) } else { #expect(!isNamed) }
  }

  @Test func `the target's limit is what the source is asked about`() throws {
    let source = try FakeTarget("ESEARCH")
    source["INBOX"] = FakeTarget.Mailbox(messages: [message(1, 10), message(2, 5001)])
    let target = try FakeTarget("APPENDLIMIT=5000")
    let report = try probe(source, target: target)
    #expect(source.lines.contains { $0.contains("SEARCH RETURN (ALL) LARGER 5000") })
    #expect(!target.lines.contains { $0.contains("LARGER") })
    #expect(report.accounts.map(\.role) == [.source, .target])
    // This one finds everything, whatever is searched.
    #expect(report.pair.map(\.kind) == [.messagesTooLarge])
  }

  @Test func `a quota that is told, refused, or made up without end`() throws {
    let server = try FakeTarget("QUOTA") {
      $0.quota = { _ in [#"* QUOTAROOT INBOX """#, #"* QUOTA "" (STORAGE 1 10)"#, "OK done"] }
    }
    #expect(try probe(server).accounts[0].imap().quotas?.map(\.octets?.limit) == [10_240])
    server.change { $0.quota = { _ in ["NO not for you"] } }
    #expect(try probe(server).accounts[0].imap().quotas == nil)
    server.change {
      $0.quota = { _ in Array(repeating: #"* QUOTA "" (STORAGE 1 10)"#, count: 1001) + ["OK"] }
    }
    #expect(throws: Failure.self) { try probe(server) }
  }
}
