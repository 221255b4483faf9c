import Mail
import TestSupport
import Testing

@testable import Pipeline

/// What others do to the target's mailbox while a push into it runs.
@Suite(.requiresDovecot) struct PushMeanwhileTests {
  private typealias Behaviour = FakeTarget.Behaviour

  private static let subjects = (0..<12).map { "m\($0)" }
  private static let offers = [
    "UIDPLUS LITERAL+ " + Behaviour.noExtras, "LITERAL+ " + Behaviour.noExtras, "",
  ]

  private static func message(_ subject: String) -> FakeTarget.Message {
    FakeTarget.Message(uid: 0, flags: [], body: PullBench.message(subject))
  }

  /// Somebody expunges a message that has just been pushed, moves another one, flags a third; a program
  /// delivers mail, and another one appends what is still to be sent.
  private static func act(on server: FakeTarget) {
    server["INBOX"]?.messages.removeAll { $0.subject == "m1" }
    let moved = server.messages().first { $0.subject == "m2" }?.uid
    _ = server.move(from: "INBOX", to: "Elsewhere") { $0 == moved }
    if let place = server.messages().firstIndex(where: { $0.subject == "m3" }) {
      server["INBOX"]?.messages[place].flags = ["\\Flagged"]
    }
    _ = server.store(
      [message("delivered"), message("m9"), message("delivered")], in: "INBOX", collapsing: false)
  }

  @Test(arguments: offers)
  func `is theirs, and nothing of it is undone`(_ capabilities: String) async throws {
    let bench = try await PushBench.dropping(Self.subjects)
    let server = try FakeTarget(capabilities)
    server["Elsewhere"] = FakeTarget.Mailbox()
    server.change {
      $0.append = { [weak server] append in
        if append.number == 6, let server { Self.act(on: server) }
        return .store
      }
    }
    let report = try await bench.push(to: server)
    // Without UIDPLUS what was taken away before anybody looked was never seen.
    let unseen = capabilities.contains("UIDPLUS") ? 0 : 2
    #expect(
      report.pushed
        == ["transferred": 12 - unseen, "failures": unseen].filter { $0.value != 0 })
    // Their copy of m9 is not ours: it came while ours was on its way.
    let expected = Self.subjects.filter { $0 != "m1" && $0 != "m2" } + ["delivered", "delivered"]
    #expect(server.subjects().sorted() == (expected + ["m9"]).sorted())
    let rest = unseen > 0 ? "failures" : "gone"
    for _ in 1...2 {
      #expect(
        try await bench.push(to: server) { $0.full = true }.pushed == ["present": 10, rest: 2])
    }
    #expect(server.subjects().sorted() == (expected + ["m9"]).sorted())
    #expect(server.subjects("Elsewhere") == ["m2"])
    #expect(server.messages().filter { $0.subject == "m3" }.map(\.flags) == [["\\Flagged"]])
    #expect(server.appends == 12)
  }

  @Test(arguments: offers, [0, 1])
  func `and the connection ends`(_ capabilities: String, _ keep: Int) async throws {
    let bench = try await PushBench.dropping(Self.subjects)
    let server = try FakeTarget(capabilities)
    server["Elsewhere"] = FakeTarget.Mailbox()
    server.change {
      $0.append = { [weak server] append in
        guard append.number == 6, let server else { return .store }
        Self.act(on: server)
        return .close(keep: keep, bye: false)
      }
    }
    let report = try await bench.push(to: server)
    #expect(report.accountFailure == nil)
    #expect(report.failures == [])
    // Without UIDPLUS it is not known which ones had arrived: what is not there is sent again, and named.
    let gone = capabilities.contains("UIDPLUS") ? ["m1", "m2"] : []
    #expect(report.notices.contains { $0.text.contains("had not arrived") })
    let expected = Self.subjects.filter { !gone.contains($0) } + ["delivered", "delivered"]
    #expect(Set(server.subjects()) == Set(expected))
    #expect(server.subjects().filter { $0 != "m9" }.count == expected.count - 1)
    let left = server.subjects()
    for _ in 1...2 {
      #expect(
        try await bench.push(to: server) { $0.full = true }.pushed["transferred"] == nil)
    }
    #expect(server.subjects() == left)
    #expect(server.subjects("Elsewhere") == ["m2"])
  }

  @Test func `with several batches under way`() async throws {
    let subjects = (0..<450).map { "n\($0 % 430)" }
    let bench = try await PushBench.dropping(subjects)
    let server = try FakeTarget(Behaviour.all)
    server["Elsewhere"] = FakeTarget.Mailbox()
    server.change {
      $0.holds = { $0.number == 1 }
      $0.append = { [weak server] append in
        guard append.number == 2, let server else { return .store }
        // The first batch is there, and its answer is still to come.
        server["INBOX"]?.messages.removeAll { $0.uid == 5 }
        _ = server.move(from: "INBOX", to: "Elsewhere") { $0 == 7 }
        _ = server.store(
          ["delivered", "n420"].map(Self.message), in: "INBOX", collapsing: false)
        return .store
      }
    }
    let report = try await bench.push(to: server)
    #expect(report.pushed == ["transferred": 450])
    var expected = subjects + ["delivered", "n420"]
    for lost in ["n4", "n6"] { expected.remove(at: try #require(expected.firstIndex(of: lost))) }
    #expect(server.subjects().sorted() == expected.sorted())
    #expect(
      try await bench.push(to: server) { $0.full = true }.pushed == ["present": 448, "gone": 2])
    #expect(server.appends == 3)
  }
}
