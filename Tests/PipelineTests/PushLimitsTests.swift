import Clients
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Pipeline

/// Pushes to servers that take few connections, or want to be left alone for a while.
@Suite struct PushLimitsTests {
  private func bench(_ mailboxes: Int) async throws -> PushBench {
    let bench = try PushBench()
    for name in (0..<mailboxes).map({ "M\($0)" }) {
      try bench.source.plain.create(name)
      try bench.source.append("in \(name)", to: name)
    }
    try await bench.pull()
    return bench
  }

  private func push(
    _ bench: PushBench, to server: FakeTarget, _ connections: Int, _ pauses: Pauses,
    _ seconds: [Double] = [1, 2, 3]
  ) async throws -> RunReport {
    try await bench.push(to: server) {
      $0.connections = connections
      $0.timeout = 60
      $0.retry = pauses.policy(seconds)
    }
  }

  @Test func `where a server takes two connections two do the work`() async throws {
    let bench = try await bench(4)
    for refusal in PullLimitsTests.refusals {
      let server = try FakeTarget(FakeTarget.Behaviour.all)
      server.crowd.limit(2, refusal)
      let pauses = Pauses()
      let report = try await bench.push(to: server) {
        $0.connections = 4
        $0.timeout = 60
        $0.retry = pauses.policy()
        $0.user = "u\(server.port)"
      }
      #expect(report.exitStatus == .done, "\(refusal)")
      for index in 0..<4 { #expect(server.subjects("M\(index)") == ["in M\(index)"]) }
      #expect(server.connections <= 4)
      #expect(pauses.seconds == [])
    }
  }

  /// Both mailboxes are under way when the connection of one breaks; the other one goes on only when the
  /// server has refused the new connection.
  @Test(arguments: ["M0", "M1"])
  func `a worker in the middle of a mailbox gets the connection that another gives back`(
    _ broken: String
  ) async throws {
    let bench = try await bench(2)
    let server = try FakeTarget(FakeTarget.Behaviour.all)
    let begun = Mutex<Set<String>>([])
    let crowd = server.crowd
    server.change {
      $0.append = { append in
        begun.withLock { _ = $0.insert(append.mailbox) }
        for _ in 0..<10_000 where begun.withLock({ $0.count }) < 2 { usleep(1000) }
        if append.mailbox == broken, begun.withLock({ $0.insert("broken").inserted }) {
          crowd.limit(1, .login("NO Too many open connections"), times: 2)
          return .close(keep: 0, bye: false)
        }
        for _ in 0..<10_000 where crowd.refused == 0 { usleep(1000) }
        return .store
      }
    }
    let report = try await push(bench, to: server, 2, Pauses(), [])
    #expect(report.exitStatus == .done)
    for index in 0..<2 { #expect(server.subjects("M\(index)") == ["in M\(index)"]) }
    #expect(crowd.refused == 1)
  }

  private static let backoff = "NO Request is throttled. Suggested Backoff Time: 92415 milliseconds"

  @Test(arguments: ["LOGIN", "LIST", "CREATE", "SELECT", "APPEND"])
  func `a server is left alone for as long as it says`(_ command: String) async throws {
    let bench = try await bench(1)
    let server = try FakeTarget(FakeTarget.Behaviour.all)
    if command == "APPEND" {
      let isFirst = Mutex(true)
      server.change {
        $0.append = { _ in
          let busy = isFirst.withLock { first in
            defer { first = false }
            return first
          }
          return busy ? .say(Self.backoff, keep: 0) : .store
        }
      }
    } else {
      server.change { $0.answers[command] = [Self.backoff] }
    }
    let pauses = Pauses()
    let report = try await push(bench, to: server, 1, pauses)
    #expect(report.exitStatus == .done)
    #expect(report.failures == [])
    #expect(server.subjects("M0") == ["in M0"])
    #expect(pauses.seconds.filter { $0 > 1 } == [92.415])
  }

  @Test func `a wrong password is tried once`() async throws {
    let bench = try await bench(1)
    let server = try FakeTarget(FakeTarget.Behaviour.all)
    server.crowd.answerLogins(Array(repeating: "NO [AUTHENTICATIONFAILED] wrong", count: 5))
    let report = try await push(bench, to: server, 4, Pauses())
    #expect(report.exitStatus == .loginRefused)
    #expect(server.crowd.logins == 1)
  }
}
