import Glibc
import TestSupport
import Testing

@testable import Pipeline

/// Servers that alter what they store: what they have is recognised, also by a run that knows nothing
/// of what was pushed.
@Suite(.requiresDovecot) struct PushAlteredTests {
  private static let subjects = ["a", "twin", "b", "twin", "c"]

  private static func books(_ body: [UInt8]) -> [UInt8] {
    let end = body.firstRange(of: Array("\r\n\r\n".utf8))?.lowerBound ?? body.count
    return body[..<end] + Array("\r\nX-UID: 1\r\nStatus: R".utf8) + body[end...]
  }

  private func server(
    _ capabilities: String, _ kept: @escaping @Sendable ([UInt8]) -> [UInt8]
  ) throws -> FakeTarget {
    try FakeTarget(capabilities) { $0.kept = kept }
  }

  private func loseState(_ bench: PushBench) throws {
    try runSuccessfully("/bin/rm", ["-rf", bench.archive + "/.mailarc/push"])
  }

  /// Without UIDPLUS the UIDs of what was stored have to be found out.
  @Test(arguments: [FakeTarget.Behaviour.all, FakeTarget.Behaviour.noExtras, "UNSELECT", ""])
  func `fields that a server adds are looked through`(_ capabilities: String) async throws {
    let bench = try await PushBench.holding(Self.subjects)
    let server = try server(capabilities, Self.books)
    let first = try await bench.push { $0.port = server.port }
    #expect(first.pushed == ["transferred": 5])
    #expect(first.notices.isEmpty)
    #expect(server.subjects() == Self.subjects)
    #expect(try await bench.push { $0.port = server.port }.pushed == ["present": 5])
    try loseState(bench)
    let second = try await bench.push { $0.port = server.port }
    #expect(second.pushed == ["present": 5])
    #expect(second.notices.count { $0.text.contains("5 messages") } == 1)
    #expect(server.appends == (capabilities.contains("MULTIAPPEND") ? 1 : 5))
  }

  /// The header key is another one, so that the size speaks for it.
  @Test func `8-bit header octets that became X are looked through`() async throws {
    let bench = try await PushBench.holding(["one"])
    try bench.drop("Grüße", as: "1600000000.x")
    let server = try server("UNSELECT") { body in
      let end = body.firstRange(of: Array("\r\n\r\n".utf8))?.lowerBound ?? body.count
      return body[..<end].map { $0 >= 0x80 ? 0x58 : $0 } + body[end...]
    }
    #expect(try await bench.push { $0.port = server.port }.pushed == ["transferred": 2])
    #expect(try await bench.push { $0.port = server.port }.pushed == ["present": 2])
    try loseState(bench)
    #expect(try await bench.push { $0.port = server.port }.pushed == ["present": 2])
  }

  @Test func `a message that looks like two of the archive is neither`() async throws {
    let bench = try await PushBench.holding(["one"])
    let text = String(decoding: PullBench.message("one"), as: UTF8.self)
    try writeFile(
      bench.archive + "/INBOX/cur/1600000000.x:2,", text.replacing("\r\n", with: "\n") + "\n\n")
    let server = try FakeTarget("UNSELECT")
    _ = server.store(
      [.init(uid: 0, flags: [], date: nil, body: Array((text + "\r\n").utf8))], in: "INBOX",
      collapsing: false)
    #expect(try await bench.push { $0.port = server.port }.pushed == ["transferred": 2])
    #expect(try await bench.push { $0.port = server.port }.pushed == ["present": 2])
  }

  @Test func `two deliveries of one mail are two messages`() async throws {
    let bench = try await PushBench.holding(["one"])
    let server = try FakeTarget("UNSELECT")
    let other = Array("Received: by another way\r\n".utf8) + PullBench.message("one")
    _ = server.store(
      [.init(uid: 0, flags: [], date: nil, body: other)], in: "INBOX", collapsing: false)
    #expect(try await bench.push { $0.port = server.port }.pushed == ["transferred": 1])
    #expect(server.subjects() == ["one", "one"])
  }

  @Test func `a date before 1970 that is refused in general words is left out`() async throws {
    let bench = try await PushBench.holding(["one"])
    try bench.drop("old", as: "x")
    try setModificationTime(bench.archive + "/INBOX/cur/x:2,", -86_400 * 300)
    let server = try FakeTarget("UNSELECT") {
      $0.append = { append in
        append.messages.contains { $0.date?.contains("-1969 ") == true }
          ? .say("NO Error in IMAP command received by server.", keep: 0) : .store
      }
    }
    let report = try await bench.push { $0.port = server.port }
    #expect(report.pushed == ["transferred": 2])
    #expect(report.notices.contains { $0.text.contains("refused with its date") })
    #expect(server.messages().last?.date == nil)
  }

  @Test func `a server that breaks off at dates before 1970 is not asked for each of them`()
    async throws
  {
    let bench = try await PushBench.holding(["one"])
    for index in 0..<6 {
      try bench.drop("old \(index)", as: "x\(index)")
      try setModificationTime(bench.archive + "/INBOX/cur/x\(index):2,", -86_400 * 300)
    }
    let server = try FakeTarget("UIDPLUS LITERAL+ UNSELECT ESEARCH") {
      $0.atOnce = { $0.contains("-1969 ") ? "BAD no such date" : nil }
    }
    let report = try await bench.push { $0.port = server.port }
    #expect(report.pushed == ["transferred": 7])
    #expect(report.notices.count { $0.text.contains("no dates before 1970") } == 1)
    #expect(report.notices.count { $0.text.contains("a message that the server refused") } == 1)
    #expect(server.messages().count { $0.date == nil } == 6)
    #expect(try await bench.push { $0.port = server.port }.pushed == ["present": 7])
  }
}
