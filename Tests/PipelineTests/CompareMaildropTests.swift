import Clients
import Glibc
import Mail
import Platform
import Protocols
import Stores
import TestSupport
import Testing
import Transport

@testable import Pipeline

/// `verify ARCHIVE pop3s://…`: contents are compared, by count.
struct CompareMaildropTests {
  private static func bodies(_ names: String...) -> [String] { names.map(MaildropBench.message) }

  private func compare(
    _ bench: MaildropBench, identity: String = "ada"
  ) throws -> ComparisonReport {
    let account = ServerAccount(
      service: .pop3, user: "ada", password: Secret("secret"), host: "127.0.0.1",
      port: bench.server.port, security: .plaintextAllowed, trust: .system, timeout: 10,
      identity: identity)
    return try CompareAccount(
      options: CompareOptions(
        subject: .mail(bench.archive), statePath: nil, mboxDialect: nil, account: account,
        full: false, withDeleted: false, receipt: nil, retry: RetryPolicy(pauses: [0.01, 0.01])),
      observer: NoComparisonObserver(), interruption: try Interruption()
    ).run()
  }

  @Test(arguments: [MaildropBench.Naming.lasting, .renumbered, .repeated, .withoutUIDLAndTOP])
  func `all that is there is found`(_ naming: MaildropBench.Naming) async throws {
    let bench = try MaildropBench()
    bench.hold(Self.bodies("a", "b", "twin", "twin"), naming)
    try await bench.pull()
    bench.hold(Self.bodies("a", "b", "twin", "twin"), naming, run: 2)
    let report = try compare(bench)
    #expect(report.sums == ["content": 4])
    #expect(report.exitStatus == .done)
    #expect(report.onServer == 4)
    #expect(report.notes.contains { $0.contains("neither internal dates nor flags") })
  }

  @Test(arguments: [MaildropBench.Naming.lasting, .renumbered])
  func `what is missing on either side is named`(_ naming: MaildropBench.Naming) async throws {
    let bench = try MaildropBench()
    bench.hold(Self.bodies("a", "b", "twin", "twin", "edited", "by hand"), naming)
    try await bench.pull()
    let hand = ArchiveHand(archive: bench.archive, layout: .maildir)
    try hand.delete(["by hand"])
    try await bench.pull()
    try hand.edit("edited", "Text of edited", "P.S.")
    bench.server.change { state in
      let before = state.messages
      let new = FakePOP3Server.Message(MaildropBench.message("new"), uidl: "new")
      state.messages = [0, 2, 4, 5].map { before[$0] } + [new]
      guard naming == .renumbered else { return }
      for index in state.messages.indices { state.messages[index].uidl = "other\(index)" }
    }
    let report = try compare(bench)
    #expect(report.counts[.missing] == 3)
    #expect(report.exitStatus == .findings)
    #expect(report.sums["content"] == 2)
    // With lasting names it is known that what was deleted by hand may be there.
    let unfetched = try #require(report.counts[.unfetched])
    #expect(unfetched == (naming == .lasting ? 2 : 3))
    let words = report.findings.map(\.text)
    #expect(words.contains { $0.contains("not pulled yet") })
    if naming == .lasting {
      #expect(report.notes.contains { $0.contains("deleted by hand") })
      #expect(words.contains { $0.contains("it was edited since it came") })
      #expect(words.contains { $0.contains("it is gone since the last pull") })
    }
  }

  @Test func `a message that the server refuses is named, and what was read is not read again`()
    async throws
  {
    let bench = try MaildropBench()
    bench.hold(Self.bodies("a", "b", "c"))
    try await bench.pull()
    bench.server.change { state in
      state.refused[2] = "-ERR damaged"
      state.dropsAfter = state.messages[0].body.count + 10
      state.drops = 1
    }
    _ = bench.take("RETR")
    let report = try compare(bench)
    #expect(report.sums["content"] == 2)
    #expect(report.counts[.missing] == 1)
    #expect(bench.take("RETR 1") == 1)
    #expect(report.notes.contains { $0.contains("tells nothing of it") })
  }

  @Test func `an account that is not the archive's is refused before anybody logs in`() async throws
  {
    let bench = try MaildropBench()
    bench.hold(Self.bodies("a"))
    try await bench.pull()
    _ = bench.take("USER")
    let failure = #expect(throws: Failure.self) { try compare(bench, identity: "bob") }
    #expect(failure?.cause == .usage)
    #expect(bench.take("USER") == 0)
  }
}
