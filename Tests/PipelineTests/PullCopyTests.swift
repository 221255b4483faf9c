import Mail
import TestSupport
import Testing

@testable import Pipeline

/// Equal messages in several mailboxes: what tells a copy from a move.
@Suite struct PullCopyTests {
  private static func bench() throws -> SourceBench {
    try SourceBench { state in
      state.mailboxes["A"] = .init(messages: SourceBench.messages(1))
      state.mailboxes["B"] = .init(messages: SourceBench.messages(2))
    }
  }

  @Test func `a copy that is gone at the source stays when the state is lost`() async throws {
    let bench = try Self.bench()
    try await bench.pull()
    bench.server.change { $0.mailboxes["A"]?.messages = [] }
    #expect(try await bench.pull().sums == ["gone": 1])
    let before = try bench.view().subjects
    try runSuccessfully("/bin/rm", ["-rf", bench.archive + "/.mailarc"])
    #expect(try await bench.pull().sums == ["gone": 1])
    #expect(try bench.view().subjects == before)
  }

  @Test func `a move is followed though its old mailbox failed in the pull that saw it`()
    async throws
  {
    let bench = try Self.bench()
    try await bench.pull()
    bench.server.change { state in
      state.mailboxes["C"] = .init(messages: state.mailboxes["A"]?.messages ?? [])
      state.mailboxes["A"]?.messages = []
      state.refusesExamine = ["A"]
    }
    #expect(try await bench.pull().mailboxFailures.map(\.mailbox.description) == ["A"])
    bench.server.change { $0.refusesExamine = [] }
    #expect(try await bench.pull().sums == ["moved": 1])
    #expect(try bench.view().subjects.filter { !$0.hasPrefix("B") } == ["C: m1"])
  }

  @Test func `a mailbox that the source has no longer keeps all its parts`() async throws {
    let bench = try Self.bench()
    try await bench.pull()
    bench.server.change { $0.mailboxes["A"] = nil }
    try await bench.pull()
    #expect(try Set(listDirectory(bench.archive + "/A")).isSuperset(of: ["cur", "new", "tmp"]))
  }
}
