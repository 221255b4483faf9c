import Synchronization
import TestSupport
import Testing

@testable import Pipeline

/// Targets that tell more than they were asked, in an order of their own, or goodbye.
@Suite(.requiresDovecot) struct PushUnaskedTests {
  private static let subjects = ["twin", "a", "b", "twin", "c"]

  /// All that a server may say at any time; nothing of it is untrue.
  @Sendable private static func noise(
    _ moment: FakeTarget.Moment, _ server: FakeTarget
  ) -> [String] {
    let messages = server.messages()
    let last = messages.count + 1
    var lines = [
      "\(last) EXISTS", "1 RECENT", "\(last) EXPUNGE", "OK [ALERT] mind the \u{1b}[31mgap",
      "NO nearly full", "CAPABILITY IMAP4rev1 \(server.behaviour.capabilities)",
      "LIST () \"/\" \"Elsewhere\"", "STATUS \"Elsewhere\" (MESSAGES 7 UIDNEXT 99)",
      "FLAGS (\\Seen)", "OK [XNEW (a \"b\")] x", "XNEW (1) {3}\r\nabc",
    ]
    if let first = messages.first {
      let flags = first.flags.joined(separator: " ")
      lines += ["1 FETCH (FLAGS (\(flags)))", "1 FETCH (UID \(first.uid) FLAGS (\(flags)))"]
    }
    return lines
  }

  @Test(arguments: PushRefusalTests.offers)
  func `what nobody asked for changes nothing`(_ capabilities: String) async throws {
    let bench = try await PushBench.dropping(Self.subjects)
    let server = try FakeTarget(capabilities) { $0.unasked = Self.noise }
    let first = try await bench.push(to: server)
    #expect(first.pushed == ["transferred": 5])
    #expect(first.notices == [])
    #expect(server.subjects() == Self.subjects)
    #expect(try await bench.push(to: server).pushed == ["present": 5])
    try bench.flag("b", "F")
    try bench.drop("new", as: "1700000000.x")
    let later = try await bench.push(to: server)
    #expect(later.pushed == ["transferred": 1, "present": 5, "flags": 1])
    #expect(server.subjects() == Self.subjects + ["new"])
    #expect(server.messages().map { $0.flags } == [[], [], ["\\Flagged"], [], [], []])
  }

  @Test(arguments: PushRefusalTests.offers)
  func `the content comes before the UID, and field names in quotes`(_ capabilities: String)
    async throws
  {
    let bench = try await PushBench.dropping(Self.subjects)
    let server = try FakeTarget(capabilities) { $0.tellsUIDLast = true }
    #expect(try await bench.push(to: server).pushed == ["transferred": 5])
    // Without the index headers and contents decide.
    try runSuccessfully("/bin/rm", ["-rf", bench.archive + "/.mailarc/push"])
    #expect(try await bench.push(to: server).pushed == ["present": 5])
    #expect(server.subjects() == Self.subjects)
  }

  @Test(arguments: ["UIDPLUS LITERAL+ UNSELECT", "LITERAL+ UNSELECT"])
  func `the answers to APPENDs come the last one first`(_ capabilities: String) async throws {
    let subjects = Self.subjects + ["twin"]
    let bench = try await PushBench.dropping(subjects)
    try bench.flag("b", "F")
    let server = try FakeTarget(capabilities) {
      $0.holds = { !$0.number.isMultiple(of: 3) }
      $0.answersBackwards = true
      $0.append = {
        $0.messages[0].subject == "c" ? .say("NO invalid header", keep: 0) : .store
      }
    }
    let report = try await bench.push(to: server)
    #expect(report.pushed == ["transferred": 5, "failures": 1])
    #expect(report.failures.map(\.file) == [try bench.file("c")])
    #expect(server.connections == 1)
    #expect(try await bench.push(to: server).pushed == ["present": 5, "failures": 1])
    try bench.flag("a", "S")
    #expect(try await bench.push(to: server).pushed["flags"] == 1)
    #expect(server.messages().filter { $0.flags == ["\\Seen"] }.map(\.subject) == ["a"])
    #expect(server.messages().filter { $0.flags == ["\\Flagged"] }.map(\.subject) == ["b"])
  }

  @Test(
    arguments: PushRefusalTests.offers,
    [FakeTarget.Moment.beforeContinuation, .beforeLiteral, .beforeAnswer])
  func `BYE in the middle of an APPEND leaves nothing twice and nothing out`(
    _ capabilities: String, _ moment: FakeTarget.Moment
  ) async throws {
    // A literal that does not wait has no continuation.
    if capabilities.contains("LITERAL+"), moment == .beforeContinuation { return }
    let bench = try await PushBench.dropping(Self.subjects)
    let times = Mutex(0)
    let server = try FakeTarget(capabilities) {
      $0.unasked = { now, _ in
        guard now == moment else { return [] }
        return times.withLock { times in
          times += 1
          return times == 1 ? ["BYE the server is shut down"] : []
        }
      }
    }
    let report = try await bench.push(to: server)
    #expect(report.accountFailure == nil && report.failures == [])
    #expect(server.subjects().sorted() == Self.subjects.sorted())
    #expect(try await bench.push(to: server).pushed == ["present": 5])
    #expect(server.messages().count == 5)
    #expect(times.withLock { $0 } > 1)
  }
}
