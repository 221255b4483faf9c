import Mail
import Synchronization
import TestSupport
import Testing

@testable import Pipeline

/// Connections to servers that end, and servers that no longer follow.
@Suite(.requiresDovecot) struct PushBrokenTests {
  private typealias Behaviour = FakeTarget.Behaviour

  /// An archive with these messages, and a server to push it into.
  private func bench(
    _ subjects: [String], _ capabilities: String = FakeTarget.Behaviour.all,
    _ change: (inout FakeTarget.Behaviour) -> Void = { _ in }
  ) async throws -> (PushBench, FakeTarget) {
    (try await PushBench.holding(subjects), try FakeTarget(capabilities, change))
  }

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

  @Test(arguments: [0, 1, 3, 9], [false, true])
  func `a connection that ends after a batch leaves nothing twice and nothing out`(
    _ keep: Int, _ bye: Bool
  ) async throws {
    let subjects = ["twin", "a", "twin", "b", "c", "twin", "d", "e", "f"]
    let (bench, server) = try await bench(subjects) {
      $0.append = { $0.number == 1 ? .close(keep: keep, bye: bye) : .store }
    }
    let report = try await push(bench, server)
    #expect(report.accountFailure == nil)
    #expect(report.failures == [])
    #expect(server.subjects().sorted() == subjects.sorted())
    #expect(try await push(bench, server).pushed == ["present": 9])
    #expect(server.messages().count == 9)
  }

  @Test(arguments: PushRefusalTests.offers)
  func `a connection that ends inside a message leaves nothing twice and nothing out`(
    _ capabilities: String
  ) async throws {
    let subjects = ["twin", "a", "twin", "b"]
    let (bench, server) = try await bench(subjects, capabilities) {
      $0.breaksLiteral = { $0 == 1 || $0 == 3 }
    }
    let report = try await push(bench, server)
    #expect(report.accountFailure == nil)
    #expect(report.notices.contains { $0.text.contains("had not arrived") })
    #expect(server.subjects().sorted() == subjects.sorted())
    #expect(try await push(bench, server).pushed == ["present": 4])
  }

  @Test func `a file that changes while the server is waited for is sent as it is now`()
    async throws
  {
    let bench = try await PushBench.holding(["a", "b"])
    let path = try bench.file("b")
    let isFirst = Mutex(true)
    let server = try FakeTarget("UIDPLUS MULTIAPPEND UNSELECT ESEARCH") {
      $0.literal = { _ in
        // The first of two messages is being asked for: the second one grows meanwhile.
        if isFirst.withLock({ first in
          defer { first = false }; return first
        }) {
          try? writeFile(path, "Subject: longer\n\n" + String(repeating: "more\n", count: 99))
        }
        return nil
      }
    }
    let report = try await push(bench, server)
    #expect(report.accountFailure == nil)
    #expect(report.mailboxFailures == [])
    #expect(server.subjects().sorted() == ["a", "longer"])
    #expect(try await push(bench, server).pushed == ["present": 2])
  }

  @Test func `without UIDNEXT nothing comes twice either`() async throws {
    let subjects = ["twin", "a", "twin", "b"]
    let (bench, server) = try await bench(subjects, "MULTIAPPEND LITERAL+") {
      $0.tellsUIDNext = false
      $0.append = { $0.number == 1 ? .close(keep: 3, bye: false) : .store }
    }
    #expect(try await push(bench, server).accountFailure == nil)
    #expect(server.subjects().sorted() == subjects.sorted())
    #expect(try await push(bench, server).pushed == ["present": 4])
  }

  @Test(arguments: [FakeTarget.Behaviour.all, ""])
  func `a message that breaks the connection each time is named, and the rest goes on`(
    _ capabilities: String
  ) async throws {
    let subjects = (0..<20).map { "m\($0)" }
    let (bench, server) = try await bench(subjects, capabilities) {
      $0.append = { append in
        append.messages.contains { $0.subject == "m7" } ? .close(keep: 0, bye: false) : .store
      }
    }
    let report = try await push(bench, server)
    #expect(report.accountFailure == nil)
    #expect(report.failures.map(\.file) == [try bench.file("m7")])
    #expect(server.subjects().sorted() == subjects.filter { $0 != "m7" }.sorted())
    let appends = server.appends
    #expect(try await push(bench, server).pushed == ["present": 19, "failures": 1])
    #expect(server.appends == appends)
  }

  @Test func `a server that closes at every message is given up`() async throws {
    let subjects = (0..<20).map { "m\($0)" }
    let (bench, server) = try await bench(subjects) {
      $0.append = { _ in .close(keep: 0, bye: false) }
    }
    let report = try await push(bench, server)
    #expect(report.exitStatus == .tryAgain)
    #expect(server.appends < 20)
    server.change { $0.append = { _ in .store } }
    let later = try await push(bench, server) { $0.retryRefused = true }
    #expect(later.pushed == ["transferred": 20])
    #expect(server.subjects().sorted() == subjects.sorted())
  }

  /// What BAD means is known; a NO says that the literal was read, and then it looks like a message
  /// that breaks the connection.
  @Test(arguments: [("BAD", ["last", "plain", "tagged"]), ("NO", ["last", "plain"])])
  func `a server that refuses before it reads, and takes mail for commands, is left`(
    _ status: String, _ arrived: [String]
  ) async throws {
    let bench = try PushBench()
    try bench.source.append("plain", flags: ["\\Seen"])
    try bench.source.append("tagged", flags: ["\\Seen", "Mine"])
    try bench.source.append("last")
    try await bench.pull()
    let server = try FakeTarget("UIDPLUS LITERAL+ UNSELECT ESEARCH") {
      $0.atOnce = { $0.contains("Mine") ? "\(status) no keywords" : nil }
      $0.store = { $0.contains("Mine") ? "NO no keywords" : "OK" }
    }
    let report = try await push(bench, server)
    #expect(report.accountFailure == nil)
    #expect(report.failures.count == 3 - arrived.count)
    #expect(server.subjects().sorted() == arrived)
    #expect(try await push(bench, server).pushed["present"] == arrived.count)
    #expect(server.subjects().sorted() == arrived)
  }

  @Test(arguments: [
    FakeTarget.Verdict.close(keep: 0, bye: false), .say("NO [UNAVAILABLE] later", keep: 0),
  ])
  func `a header that another message of the archive has too decides nothing`(
    _ verdict: FakeTarget.Verdict
  ) async throws {
    let place = Mutex<FakeTarget?>(nil)
    let theirs = FakeTarget.Message(uid: 0, flags: [], body: PullBench.message("a"))
    // Somebody puts the other one there again while this one is on its way, and does not arrive.
    let (bench, server) = try await bench(["a"], "") {
      $0.append = { append in
        guard append.number == 2 else { return .store }
        _ = place.withLock { $0 }?.store([theirs], in: "INBOX", collapsing: false)
        return verdict
      }
    }
    place.withLock { $0 = server }
    defer { place.withLock { $0 = nil } }
    #expect(try await push(bench, server).pushed == ["transferred": 1])
    let text = String(decoding: theirs.body, as: UTF8.self)
    let edited = text.replacing("Text of", with: "Else of")
    try writeFile(
      bench.archive + "/INBOX/cur/1600000000.x:2,", edited.replacing("\r\n", with: "\n"))
    #expect(try await push(bench, server).accountFailure == nil)
    #expect(server.messages().map { String(decoding: $0.body, as: UTF8.self) }.contains(edited))
    #expect(server.messages().count == 3)
  }

  @Test func `of twins both are there though the mailbox was made anew meanwhile`() async throws {
    let place = Mutex<FakeTarget?>(nil)
    let (bench, server) = try await bench(["twin"]) {
      $0.append = { append in
        guard append.number == 2 else { return .store }
        place.withLock { $0 }?["INBOX"]?.uidValidity = 8
        return .close(keep: 0, bye: false)
      }
    }
    place.withLock { $0 = server }
    defer { place.withLock { $0 = nil } }
    #expect(try await push(bench, server).pushed == ["transferred": 1])
    try bench.drop("twin", as: "1600000000.x")
    #expect(try await push(bench, server).pushed == ["transferred": 1, "present": 1])
    #expect(server.subjects() == ["twin", "twin"])
    #expect(try await push(bench, server).pushed == ["present": 2])
  }

  @Test func `what arrives after it was sent again is reported`() async throws {
    let (bench, server) = try await bench(["a", "b"]) {
      $0.append = { $0.number == 1 ? .close(keep: 0, bye: false) : .store }
    }
    #expect(try await push(bench, server).pushed == ["transferred": 2])
    // The server comes round to the first try after all.
    _ = server.store(server.messages(), in: "INBOX", collapsing: false)
    _ = server.store(
      [FakeTarget.Message(uid: 0, flags: [], body: PullBench.message("own"))], in: "INBOX",
      collapsing: false)
    let report = try await push(bench, server)
    #expect(report.pushed == ["present": 2])
    #expect(report.notices.map { $0.text.contains("twice: UID 3:4") } == [true])
    #expect(try await push(bench, server).notices == [])
  }
}
