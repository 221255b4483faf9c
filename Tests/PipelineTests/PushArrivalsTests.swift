import Glibc
import TestSupport
import Testing

@testable import Pipeline

/// Others put mail into a mailbox while it is being pushed into.
@Suite(.requiresDovecot) struct PushArrivalsTests {
  private typealias Behaviour = FakeTarget.Behaviour

  /// What the server can, and what it calls itself.
  private static let servers = [
    (FakeTarget.Behaviour.all, nil), (FakeTarget.Behaviour.all, "Dovecot"),
    (FakeTarget.Behaviour.noExtras, nil), (FakeTarget.Behaviour.noExtras, "Dovecot"),
  ]

  private static func message(_ subject: String) -> FakeTarget.Message {
    FakeTarget.Message(uid: 0, flags: [], body: PullBench.message(subject))
  }

  @Test(arguments: servers)
  func `what others bring meanwhile is not sent as well`(
    _ capabilities: String, _ name: String?
  ) async throws {
    let subjects = (0..<410).map { "m\($0)" }
    let bench = try await PushBench.dropping(subjects)
    let server = try FakeTarget(capabilities) { $0.name = name }
    server.change {
      $0.append = { [weak server] append in
        guard append.messages.first?.subject == "m0" else { return .store }
        let brought = ["m409", "own", "m405", "m1"].map(Self.message)
        _ = server?.store(brought, in: append.mailbox, collapsing: false)
        return .store
      }
    }
    let report = try await bench.push(to: server)
    #expect(report.exitStatus == .done)
    #expect(report.pushed == ["transferred": 408, "present": 2])
    // What was under way at that moment can't be taken back, but it is told.
    let twice = server.messages().filter { $0.subject == "m1" }
    #expect(twice.count == 2)
    #expect(report.notices.count == 1)
    // Which of the two is whose can be told only by APPENDUID.
    #expect(twice.contains { report.notices.first?.text.hasSuffix("UID \($0.uid)") == true })
    #expect(server.subjects().sorted() == (subjects + ["own", "m1"]).sorted())
    let again = try await bench.push(to: server)
    #expect(again.pushed == ["present": 410])
    #expect(again.notices == [])
    #expect(server.messages().count == 412)
  }

  @Test func `flags of what others bring meanwhile are merged at once`() async throws {
    let subjects = (0..<410).map { "m\($0)" }
    let bench = try await PushBench.dropping(subjects)
    try bench.drop("late", as: "1700000000.x", flags: "F")
    let server = try FakeTarget(Behaviour.all)
    server.change {
      $0.append = { [weak server] append in
        if append.number == 1 {
          _ = server?.store([Self.message("late")], in: append.mailbox, collapsing: false)
        }
        return .store
      }
    }
    _ = try await bench.push(to: server)
    let late = server.messages().filter { $0.subject == "late" }
    #expect(late.map(\.flags) == [["\\Flagged"]])
  }

  @Test func `holes in the UIDs are nobody's mail`() async throws {
    let subjects = (0..<410).map { "m\($0)" }
    let bench = try await PushBench.dropping(subjects)
    let server = try FakeTarget(Behaviour.all)
    server.change {
      $0.append = { [weak server] append in
        server?["INBOX"]?.uidNext += 7
        return .store
      }
    }
    let report = try await bench.push(to: server)
    #expect(report.pushed == ["transferred": 410])
    #expect(report.notices == [])
    #expect(server.subjects() == subjects)
  }

  @Test func `where as many messages went as came meanwhile, the next run looks`() async throws {
    let bench = try await PushBench.dropping(["old"])
    let server = try FakeTarget(Behaviour.all)
    _ = try await bench.push(to: server)
    // The archive's stamp has to be old enough for a mailbox to be passed over.
    try bench.drop("new", as: "1700000000.x")
    usleep(2_100_000)
    server.change {
      $0.append = { [weak server] append in
        server?["INBOX"]?.messages.removeAll()
        _ = server?.store([Self.message("own")], in: append.mailbox, collapsing: false)
        return .store
      }
    }
    _ = try await bench.push(to: server)
    #expect(server.subjects() == ["own", "new"])
    server.change { $0.append = { _ in .store } }
    #expect(try await bench.push(to: server).pushed == ["present": 1, "gone": 1])
  }
}
