import Clients
import Glibc
import Mail
import Synchronization
import TestSupport
import Testing

@testable import Pipeline

/// Pulls from servers that take few connections, or want to be left alone for a while.
@Suite struct PullLimitsTests {
  static let refusals: [Crowd.Welcome] = [
    .bye, .closes,
    .login("NO [LIMIT] no more of you"), .login("NO [UNAVAILABLE] no more of you"),
    .login("NO [INUSE] no more of you"), .login("NO Too many open connections"),
    .login("NO [ALERT] Too many simultaneous connections. (Failure)"),
    .login("NO something that nobody knows"),
  ]

  private func bench(_ mailboxes: Int, of messages: UInt32 = 2) throws -> SourceBench {
    try SourceBench { state in
      for index in 0..<mailboxes {
        state.mailboxes["M\(index)"] = .init(messages: SourceBench.messages(messages))
      }
    }
  }

  @Test(arguments: refusals)
  func `where a server takes two connections two do the work`(
    _ refusal: Crowd.Welcome
  ) async throws {
    let bench = try bench(6)
    bench.server.crowd.limit(2, refusal)
    let pauses = Pauses()
    let report = try await bench.pull(
      connections: 4, retry: pauses.policy())
    #expect(report.exitStatus == .done)
    #expect(report.mailboxes.map(\.transferred) == Array(repeating: 2, count: 6))
    #expect(bench.server.change { $0.connections } <= 4)
    #expect(pauses.seconds == [])
  }

  /// The last mailbox comes only when those who wait for a greeting are gone.
  @Test func `who waits for a greeting goes home when nothing is left to do`() async throws {
    let bench = try bench(3)
    let crowd = bench.server.crowd
    crowd.limit(1, .staysSilent)
    let left = Mutex(0)
    bench.server.change {
      $0.onFetch = { mailbox in
        if mailbox == "M0" { for _ in 0..<10_000 where crowd.refused < 2 { usleep(1000) } }
        if mailbox == "M2" { for _ in 0..<10_000 where crowd.silentEnded < 2 { usleep(1000) } }
        left.withLock { $0 = crowd.silentEnded }
        return true
      }
    }
    let report = try await bench.pull(connections: 3, timeout: 60)
    #expect(report.exitStatus == .done)
    let hadLeft = left.withLock { $0 }
    #expect(hadLeft == 2)
  }

  /// Both mailboxes are under way when the connection of one breaks; the other one goes on only when the
  /// server has refused the new connection.
  @Test(arguments: ["M0", "M1"], refusals.dropLast())
  func `a worker in the middle of a mailbox gets the connection that another gives back`(
    _ broken: String, _ refusal: Crowd.Welcome
  ) async throws {
    let bench = try bench(2)
    let crowd = bench.server.crowd
    let begun = Mutex<Set<String>>([])
    bench.server.change {
      $0.onFetch = { mailbox in
        begun.withLock { _ = $0.insert(mailbox) }
        for _ in 0..<10_000 where begun.withLock({ $0.count }) < 2 { usleep(1000) }
        if mailbox == broken, begun.withLock({ $0.insert("broken").inserted }) {
          crowd.limit(1, refusal, times: 2)
          return false
        }
        for _ in 0..<10_000 where crowd.refused == 0 { usleep(1000) }
        return true
      }
    }
    let report = try await bench.pull(connections: 2, timeout: 60, retry: Pauses().policy([]))
    #expect(report.exitStatus == .done)
    #expect(report.mailboxes.map(\.transferred) == [2, 2])
    #expect(crowd.refused == 1)
  }

  @Test func `a password is not tried again though another login was accepted before`() async throws
  {
    let bench = try bench(2)
    let crowd = bench.server.crowd
    let hasBroken = Mutex(false)
    bench.server.change {
      $0.onFetch = { _ in
        guard hasBroken.withLock({ $0 }) else {
          hasBroken.withLock { $0 = true }
          crowd.answerLogins(["NO wrong", "NO wrong", "NO wrong"])
          return false
        }
        return true
      }
    }
    let report = try await bench.pull(retry: Pauses().policy())
    #expect(report.exitStatus == .loginRefused)
    #expect(crowd.logins == 2)
  }

  @Test(arguments: [1, 4])
  func `a wrong password is tried once`(_ connections: Int) async throws {
    let bench = try bench(3)
    bench.server.change { $0.refusesLogin = true }
    let report = try await bench.pull(connections: connections, retry: Pauses().policy())
    #expect(report.exitStatus == .loginRefused)
    #expect(bench.server.crowd.logins == 1)
  }

  /// Nothing shows yet that the password is right.
  @Test func `words alone do not make the first password go twice`() async throws {
    let bench = try bench(1)
    bench.server.crowd.answerLogins(["NO Too many open connections"])
    let report = try await bench.pull(retry: Pauses().policy())
    #expect(report.exitStatus == .tryAgain)
    #expect(bench.server.crowd.logins == 1)
  }

  @Test(arguments: ["LIMIT", "UNAVAILABLE", "INUSE"])
  func `a login that is refused for now is tried again`(_ code: String) async throws {
    let bench = try bench(1)
    bench.server.crowd.answerLogins(["NO [\(code)] later", "NO [\(code)] later"])
    let pauses = Pauses()
    let report = try await bench.pull(retry: pauses.policy())
    #expect(report.exitStatus == .done)
    #expect(report.mailboxes.map(\.transferred) == [2])
    #expect(bench.server.crowd.logins == 3)
    #expect(pauses.seconds == [0.75, 1.5])
  }

  @Test func `the pauses come to an end`() async throws {
    let bench = try bench(1)
    bench.server.crowd.answerLogins(Array(repeating: "NO [UNAVAILABLE] later", count: 9))
    let report = try await bench.pull(retry: Pauses().policy())
    #expect(report.exitStatus == .tryAgain)
    #expect(bench.server.crowd.logins == 4)
  }

  private static let backoff = "Request is throttled. Suggested Backoff Time: 92415 milliseconds"

  @Test(arguments: ["LOGIN", "LIST", "STATUS", "EXAMINE", "FETCH"], ["NO", "BAD"])
  func `a server is left alone for as long as it says`(
    _ command: String, _ status: String
  ) async throws {
    let bench = try bench(1)
    bench.server.change { $0.answers[command] = ["\(status) \(Self.backoff)"] }
    let pauses = Pauses()
    let report = try await bench.pull(retry: pauses.policy())
    #expect(report.exitStatus == .done)
    #expect(report.failures == [])
    #expect(report.mailboxes.map(\.transferred) == [2])
    #expect(pauses.seconds == [92.415])
  }

  @Test(arguments: ["LIST", "FETCH"])
  func `a server that says goodbye is left alone for as long as it says`(
    _ command: String
  ) async throws {
    let bench = try bench(1)
    bench.server.change { $0.answers[command] = ["OK so far\r\n* BYE \(Self.backoff)"] }
    let pauses = Pauses()
    let report = try await bench.pull(retry: pauses.policy())
    #expect(report.exitStatus == .done)
    #expect(report.mailboxes.map(\.transferred) == [2])
    #expect(pauses.seconds == [92.415])
    #expect(bench.server.change { $0.connections } == 2)
  }

  @Test(arguments: ["EXAMINE", "FETCH"], ["THROTTLED", "UNAVAILABLE", "INUSE"])
  func `a command that is refused for now is given again`(
    _ command: String, _ code: String
  ) async throws {
    let bench = try bench(1)
    bench.server.change { $0.answers[command] = ["NO [\(code)] later", "NO [\(code)] later"] }
    let pauses = Pauses()
    let report = try await bench.pull(retry: pauses.policy())
    #expect(report.exitStatus == .done)
    #expect(report.failures == [])
    #expect(report.mailboxes.map(\.transferred) == [2])
    #expect(pauses.seconds == [0.75, 1.5])
  }

  @Test func `who asks for more than a quarter of an hour is not waited for`() async throws {
    let bench = try bench(1)
    bench.server.crowd.answerLogins(["NO Suggested Backoff Time: 900001 milliseconds"])
    let pauses = Pauses()
    let report = try await bench.pull(retry: pauses.policy())
    #expect(report.exitStatus == .tryAgain)
    #expect(report.accountFailure?.summary.contains("16 minutes") == true)
    #expect(pauses.seconds == [])
    #expect(bench.server.crowd.logins == 1)
  }

  @Test(.serialized, arguments: [true, false])
  func `a server that was never reached is not tried again`(_ isSilent: Bool) async throws {
    let bench = try bench(1)
    if isSilent {
      bench.server.crowd.limit(0, .staysSilent)
    } else {
      bench.server.stop()
    }
    let pauses = Pauses()
    let report = try await bench.pull(timeout: 0.3, retry: pauses.policy())
    #expect(report.exitStatus == (isSilent ? .tryAgain : .unreachable))
    #expect(pauses.seconds == [])
    #expect(bench.server.crowd.refused == (isSilent ? 1 : 0))
  }

  /// The limit counts connections of a user from one address; Dovecot answers one more with LIMIT.
  @Test func `Dovecot that takes two connections gives all, and takes all`() async throws {
    var configuration = DovecotConfiguration.usual
    // One is that of the test itself.
    configuration.extra = ["mail_max_userip_connections = 3"]
    let server = try Dovecot.start(configuration)
    let bench = try PushBench(on: server, from: server)
    let names = (0..<5).map { "M\($0)" }
    for name in names {
      try bench.source.plain.create(name)
      try bench.source.append("in \(name)", to: name)
    }
    let pulled = try await bench.source.pull(connections: 4)
    #expect(pulled.exitStatus == .done)
    let report = try await bench.push { $0.connections = 4 }
    #expect(report.exitStatus == .done)
    #expect(report.pushed == ["transferred": 5])
  }

  private final class Watch: RunObserver {
    let waits = Mutex<[ServerWait]>([])

    func waits(_ wait: ServerWait) { waits.withLock { $0.append(wait) } }
    func plan(totalMessages: Int, bytes: Int64?) {}
    func mailboxBegan(_ name: MailboxName, messages: Int, bytes: Int64) {}
    func progress(_ name: MailboxName, messagesDone: Int, bytesDone: Int64) {}
    func mailboxEnded(_ report: MailboxReport) {}
    func failure(_ failure: MessageFailure) {}
    func mailboxFailed(_ failure: MailboxFailure) {}
    func notice(_ notice: Notice) {}
    func question(_ question: Question) {}
    func planned(_ change: PlannedChange) {}
  }

  @Test func `a longer pause is told, and a short one is not`() async throws {
    let bench = try bench(1)
    bench.server.crowd.answerLogins(["NO [LIMIT] soon", "NO \(Self.backoff)"])
    let watch = Watch()
    let report = try await bench.pull(retry: Pauses().policy(), observer: watch)
    #expect(report.exitStatus == .done)
    let told = watch.waits.withLock { $0 }
    #expect(told.map(\.seconds) == [92.415])
    #expect(told.first?.reason.contains("throttled") == true)
  }
}
