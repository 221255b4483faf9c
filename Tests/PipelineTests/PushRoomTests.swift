import Mail
import Synchronization
import TestSupport
import Testing

@testable import Pipeline

/// What a push tells of the target's quota and limits before it sends anything.
@Suite(.requiresDovecot) struct PushRoomTests {
  /// How many APPENDs there had been when something was told.
  private final class Watch: RunObserver {
    private let told = Mutex<[Int]>([])
    let server: FakeTarget

    init(_ server: FakeTarget) { self.server = server }

    var appends: [Int] { told.withLock { $0 } }

    func notice(_ notice: Notice) {
      if notice.kind == .noRoom { told.withLock { $0.append(server.appends) } }
    }
    func plan(totalMessages: Int, bytes: Int64?) {}
    func mailboxBegan(_ name: MailboxName, messages: Int, bytes: Int64) {}
    func progress(_ name: MailboxName, messagesDone: Int, bytesDone: Int64) {}
    func mailboxEnded(_ report: MailboxReport) {}
    func failure(_ failure: MessageFailure) {}
    func mailboxFailed(_ failure: MailboxFailure) {}
    func question(_ question: Question) {}
    func planned(_ change: PlannedChange) {}
  }

  private func server(_ resources: String, _ more: String = "") throws -> FakeTarget {
    try FakeTarget(FakeTarget.Behaviour.all + " QUOTA " + more) {
      $0.quota = { _ in [#"* QUOTAROOT INBOX """#, "* QUOTA \"\" (\(resources))", "OK done"] }
    }
  }

  @Test(arguments: [
    ("STORAGE 0 1", 0, ""), ("MESSAGE 8 10", 0, ""), ("", 0, ""),
    ("STORAGE 1 1", 1, "0 B left"), ("MESSAGE 9 10", 1, "room for 1 more"),
    ("STORAGE 5 1 MESSAGE 10 10", 2, "5.1 kB of 1.0 kB used"),
  ])
  func `a quota that will not do is told before anything is sent, and refuses nothing`(
    _ resources: String, _ count: Int, _ says: String
  ) async throws {
    let bench = try await PushBench.holding(["a", "b"])
    let server = try server(resources)
    let watch = Watch(server)
    let report = try await bench.push(to: server) { $0.observer = watch }
    #expect(report.pushed == ["transferred": 2])
    #expect(report.exitStatus == .done)
    #expect(watch.appends == Array(repeating: 0, count: count))
    let notices = report.notices.filter { $0.kind == .noRoom }
    #expect(notices.count == count)
    if !says.isEmpty { #expect(notices.contains { $0.text.contains(says) }) }
    #expect(server.lines.count { $0.contains("GETQUOTAROOT") } == 1)
  }

  @Test func `where nothing is to be sent nobody is asked`() async throws {
    let bench = try await PushBench.holding(["a"])
    let server = try server("STORAGE 1 1")
    _ = try await bench.push(to: server)
    let again = try await bench.push(to: server) { $0.full = true }
    #expect(again.notices == [])
    #expect(server.lines.count { $0.contains("GETQUOTAROOT") } == 1)
  }

  @Test func `a dry run tells it too, and a refused question is no failure`() async throws {
    let bench = try await PushBench.holding(["a"])
    let server = try server("STORAGE 1 1")
    #expect(try await bench.push(to: server) { $0.dryRun = true }.notices.map(\.kind) == [.noRoom])
    server.change { $0.quota = { _ in ["NO not for you"] } }
    #expect(try await bench.push(to: server).pushed == ["transferred": 1])
  }

  @Test func `messages that are too large are counted before anything is sent`() async throws {
    let bench = try PushBench()
    for subject in ["a", "b"] { try bench.source.append(subject) }
    let large = PullBench.message("large") + Array(repeating: UInt8(ascii: "x"), count: 5000)
    try bench.source.plain.append(large + [13, 10], to: "INBOX")
    try await bench.pull()
    let server = try FakeTarget(FakeTarget.Behaviour.all + " APPENDLIMIT=5000")
    let watch = Watch(server)
    let report = try await bench.push(to: server) { $0.observer = watch }
    #expect(report.pushed == ["transferred": 2, "failures": 1])
    #expect(watch.appends == [0])
    #expect(
      report.notices.map(\.text).first?.hasPrefix("1 message of the archive is larger") == true)
  }
}
