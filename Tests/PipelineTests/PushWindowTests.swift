import Glibc
import Mail
import Synchronization
import TestSupport
import Testing

@testable import Pipeline

/// Which commands are under way at a time.
@Suite(.requiresDovecot) struct PushWindowTests {
  private typealias Behaviour = FakeTarget.Behaviour

  /// More than one batch of them.
  private static let subjects = (0..<250).map { "m\($0)" }

  @Test func `with UIDPLUS the second batch is sent before the first one is answered`()
    async throws
  {
    let bench = try await PushBench.dropping(Self.subjects)
    let server = try FakeTarget(Behaviour.all) { $0.holds = { $0.number == 1 } }
    #expect(try await bench.push(to: server).pushed == ["transferred": 250])
    #expect(server.subjects() == Self.subjects)
    #expect(server.appends == 2)
    // Nobody lost patience.
    #expect(server.connections == 1)
  }

  @Test(arguments: [("MULTIAPPEND LITERAL+", 1), ("LITERAL+", 200), ("", 200)])
  func `without UIDPLUS a batch begins when the UIDs of the one before are known`(
    _ capabilities: String, _ commands: Int
  ) async throws {
    let bench = try await PushBench.dropping(Self.subjects)
    let server = try FakeTarget(capabilities)
    #expect(try await bench.push(to: server).pushed == ["transferred": 250])
    let kinds = server.lines.compactMap { line in
      ["APPEND", "FETCH"].first { line.contains(" \($0) ") }
    }
    let sent = kinds.drop { $0 != "APPEND" }
    #expect(sent.prefix { $0 == "APPEND" }.count == commands)
    let runs = sent.reduce(into: [String]()) { if $0.last != $1 { $0.append($1) } }
    #expect(runs == ["APPEND", "FETCH", "APPEND", "FETCH"])
  }

  @Test(arguments: ["UIDPLUS LITERAL+", "LITERAL+"])
  func `without MULTIAPPEND the messages of a batch do not wait for one another`(
    _ capabilities: String
  ) async throws {
    let subjects = (0..<5).map { "m\($0)" }
    let bench = try await PushBench.dropping(subjects)
    let server = try FakeTarget(capabilities) { $0.holds = { $0.number < 5 } }
    #expect(try await bench.push(to: server).pushed == ["transferred": 5])
    #expect(server.subjects() == subjects)
    #expect(server.appends == 5)
    #expect(server.connections == 1)
  }

  @Test(arguments: [("Dovecot", true), ("DOVECOT", true), ("Cyrus IMAPD", false), (nil, false)])
  func `only Dovecot's mailbox is open while it is appended to`(_ name: String?, _ isOpen: Bool)
    async throws
  {
    let bench = try await PushBench.dropping(["a", "b"])
    let server = try FakeTarget(Behaviour.all + " ID") { $0.name = name }
    #expect(try await bench.push(to: server).pushed == ["transferred": 2])
    let before = server.lines.prefix { !$0.contains(" APPEND ") }
    let last = before.last { $0.contains("SELECT") }
    #expect(last?.contains(" UNSELECT") == !isOpen)
    #expect(before.contains { $0.contains(" SELECT ") })
  }
}
