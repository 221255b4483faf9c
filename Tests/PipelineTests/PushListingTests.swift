import Mail
import TestSupport
import Testing

@testable import Pipeline

/// Servers that tell less of a mailbox than there is in it.
@Suite(.requiresDovecot) struct PushListingTests {
  private typealias Behaviour = FakeTarget.Behaviour

  private func push(
    _ bench: PushBench, _ server: FakeTarget, _ change: (inout PushBench.Options) -> Void = { _ in }
  ) async throws -> RunReport {
    try await bench.push {
      $0.port = server.port
      $0.connections = 1
      $0.settleSeconds = 0.05
      change(&$0)
    }
  }

  private func put(_ subjects: [String], on server: FakeTarget) {
    _ = server.store(
      subjects.map { FakeTarget.Message(uid: 0, flags: [], body: PullBench.message($0)) },
      in: "INBOX", collapsing: false)
  }

  @Test(arguments: [FakeTarget.Behaviour.all, ""])
  func `what SEARCH leaves out is there all the same`(_ capabilities: String) async throws {
    let subjects = ["a", "b", "c", "d"]
    let bench = try await PushBench.holding(subjects)
    let server = try FakeTarget(capabilities) { $0.mostSearched = 2 }
    put(["a", "b", "c"], on: server)
    #expect(try await push(bench, server).pushed == ["transferred": 1, "present": 3])
    #expect(server.subjects() == subjects)
    #expect(try await push(bench, server).pushed == ["present": 4])
  }

  @Test(arguments: [FakeTarget.Header.isNil, .isLeftOut, .hidesMessage])
  func `a message whose header the server does not tell is known by its content`(
    _ header: FakeTarget.Header
  ) async throws {
    let bench = try await PushBench.holding(["a", "b"])
    let server = try FakeTarget(Behaviour.all) {
      $0.header = { $0.subject == "a" ? header : .told }
    }
    put(["a", "b"], on: server)
    #expect(try await push(bench, server).pushed == ["present": 2])
    #expect(server.subjects() == ["a", "b"])
  }

  @Test func `what can't be read of the archive is a failure, what is no mail a notice`()
    async throws
  {
    let bench = try await PushBench.holding(["a"])
    for part in ["", "/cur", "/new", "/tmp"] {
      try makeDirectory(bench.archive + "/.Hidden" + part)
    }
    try runSuccessfully("/bin/ln", ["-s", bench.archive + "/INBOX", bench.archive + "/Link"])
    try runSuccessfully(
      "/bin/sh", ["-c", "mkdir -p \"$1/$(printf 'Caf\\351')/cur\"", "sh", bench.archive])
    let server = try FakeTarget(Behaviour.all)
    let report = try await push(bench, server)
    #expect(report.pushed["transferred"] == 1)
    #expect(report.mailboxFailures.count >= 1)
    #expect(report.mailboxFailures.contains { $0.failure.summary.contains("not UTF-8") })
    #expect(report.notices.contains { $0.text.contains("Link: a symbolic link") })
    #expect(report.notices.contains { $0.text.contains(".Hidden: a hidden directory") })
    #expect(report.exitStatus == .findings)
  }

  @Test func `where case does not count, another spelling is no place to push to`() async throws {
    let bench = try PushBench()
    try bench.source.plain.create("work")
    try bench.source.append("a", to: "work")
    try await bench.pull()
    let server = try FakeTarget(Behaviour.all) { $0.ignoresCase = true }
    server["Work"] = FakeTarget.Mailbox()
    let report = try await push(bench, server)
    #expect(report.mailboxFailures.map { $0.mailbox.components } == [["work"]])
    #expect(report.mailboxFailures.first?.failure.summary.contains("Work") == true)
    #expect(report.exitStatus == .findings)
    #expect(server.subjects("Work") == [])
  }

  @Test func `a mailbox that is never listed whole is left alone`() async throws {
    let bench = try await PushBench.holding(["a", "b", "c", "d"])
    let server = try FakeTarget(Behaviour.all) {
      $0.mostSearched = 2
      $0.mostFetched = 2
    }
    put(["a", "b", "c", "d"], on: server)
    let report = try await push(bench, server)
    #expect(report.pushed == ["mailboxFailures": 1])
    #expect(report.mailboxFailures.first?.failure.summary.contains("4 messages are there") == true)
    #expect(report.exitStatus == .findings)
    #expect(server.appends == 0)
    server.change { $0.mostFetched = .max }
    #expect(try await push(bench, server).pushed == ["present": 4])
  }
}
