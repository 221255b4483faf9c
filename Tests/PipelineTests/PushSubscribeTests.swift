import Stores
import TestSupport
import Testing

@testable import Pipeline

/// Subscriptions on servers that don't keep them at the first try.
@Suite(.requiresDovecot) struct PushSubscribeTests {
  /// An archive with a mailbox that is subscribed.
  private static func bench() async throws -> PushBench {
    let bench = try PushBench()
    try bench.source.plain.command("CREATE Work")
    try bench.source.plain.command("SUBSCRIBE Work")
    try bench.source.append("a", to: "Work")
    try await bench.pull()
    return bench
  }

  private func server(
    answering answer: @escaping @Sendable (Int) -> String?
  ) throws -> (FakeTarget, @Sendable () -> Int) {
    let server = try FakeTarget(FakeTarget.Behaviour.all)
    server.change {
      $0.subscribe = { [weak server] _ in
        // The line is noted before it is answered.
        answer(server?.lines.count { $0.contains(" SUBSCRIBE ") } ?? 0)
      }
    }
    return (server, { server.lines.count { $0.contains(" SUBSCRIBE ") } })
  }

  @Test(arguments: ["NO [INUSE] the file is locked", "OK done"])
  func `what was refused or lost at first is subscribed in the end`(_ answer: String)
    async throws
  {
    let bench = try await Self.bench()
    let (server, count) = try server { $0 == 1 ? answer : nil }
    let report = try await bench.push(to: server)
    #expect(report.exitStatus == .done)
    #expect(report.notices == [])
    #expect(server["Work"]?.isSubscribed == true)
    #expect(count() == 2)
  }

  @Test func `what the server does not subscribe is told`() async throws {
    let bench = try await Self.bench()
    let (server, count) = try server { _ in "NO not here" }
    let report = try await bench.push(to: server)
    #expect(report.exitStatus == .done)
    #expect(report.notices.map(\.text) == ["it could not be subscribed: not here"])
    #expect(count() == 2)
    #expect(try await bench.push(to: server).notices == [])
    #expect(count() == 2)
  }

  @Test func `what the user unsubscribed later stays so`() async throws {
    let bench = try await Self.bench()
    let (server, count) = try server { _ in nil }
    _ = try await bench.push(to: server)
    #expect(count() == 1)
    server["Work"]?.isSubscribed = false
    try ArchiveHand(archive: bench.archive, layout: .maildir).add("b", to: "Work")
    _ = try await bench.push(to: server)
    #expect(server.subjects("Work") == ["a", "b"])
    #expect(count() == 1)
  }
}
