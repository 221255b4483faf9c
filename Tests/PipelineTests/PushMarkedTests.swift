import Mail
import TestSupport
import Testing

@testable import Pipeline

/// Copies on the target that are marked as deleted, which may be gone at any time.
@Suite(.requiresDovecot) struct PushMarkedTests {
  private static let wrong = PushFixDatesTests.wrong
  private static let right = PushFixDatesTests.right

  private func message(_ subject: String, _ flags: [String]) -> FakeTarget.Message {
    FakeTarget.Message(
      uid: 0, flags: flags, date: Self.wrong, body: PullBench.message(subject))
  }

  private func fix(
    _ bench: PushBench, _ server: FakeTarget, dryRun: Bool = false
  ) async throws -> RunReport {
    try await bench.push(to: server) {
      $0.fixDates = true
      $0.dryRun = dryRun
    }
  }

  /// The first of two copies that others put there.
  @Test(arguments: [false, true])
  func `the other copy is taken for the archive's`(_ isKnown: Bool) async throws {
    let bench = try await PushBench.dropping(isKnown ? ["b"] : ["a", "b"])
    let server = try FakeTarget(FakeTarget.Behaviour.all)
    _ = server.store(
      [message("a", ["\\Deleted"]), message("a", ["Theirs"])], in: "INBOX", collapsing: false)
    if isKnown {
      // They are somebody's own mail, until the archive has it, too.
      #expect(try await bench.push(to: server).pushed == ["transferred": 1])
      try bench.drop("a", as: "1600000009.x")
    }
    let sent = isKnown ? 0 : 1
    let report = try await fix(bench, server)
    #expect(report.pushed["transferred", default: 0] == sent)
    #expect(report.pushed["dates"] == 1)
    #expect(report.notices == [])
    let there = server.messages().filter { $0.subject == "a" }
    #expect(there.map(\.flags) == [["\\Deleted"], ["Theirs"]])
    #expect(there.map(\.date) == [Self.wrong, Self.right])
    #expect(there.first?.uid == 1)
  }

  @Test func `in a mailbox that was made anew as well`() async throws {
    let bench = try await PushBench.dropping(["a"])
    let server = try FakeTarget(FakeTarget.Behaviour.all)
    #expect(try await bench.push(to: server).pushed == ["transferred": 1])
    server["INBOX"] = FakeTarget.Mailbox(uidValidity: 8)
    _ = server.store(
      [message("a", ["\\Deleted"]), message("a", [])], in: "INBOX", collapsing: false)
    #expect(try await fix(bench, server).pushed == ["present": 1, "dates": 1])
    #expect(server.messages().map(\.uid) == [1, 3])
    #expect(server.messages().map(\.date) == [Self.wrong, Self.right])
  }

  @Test func `a dry run does not foretell what is not done`() async throws {
    let bench = try await PushBench.dropping(["a"])
    let server = try FakeTarget(FakeTarget.Behaviour.all)
    #expect(try await bench.push(to: server).pushed == ["transferred": 1])
    server["INBOX"]?.messages[0].date = Self.wrong
    server["INBOX"]?.messages[0].flags = ["\\Deleted"]
    for dryRun in [true, false] {
      let report = try await fix(bench, server, dryRun: dryRun)
      #expect(report.pushed == ["present": 1])
      #expect(report.notices.count { $0.text.contains("marked as deleted") } == 1)
    }
    #expect(server.messages().map(\.uid) == [1])
  }
}
