import Mail
import Synchronization
import TestSupport
import Testing

@testable import Pipeline

/// What others do on the target while messages are being removed or replaced there.
@Suite(.requiresDovecot) struct PushRemovalMeanwhileTests {
  private typealias Behaviour = FakeTarget.Behaviour

  /// Four messages, of which one may have another date on the target.
  private func pushed(
    _ capabilities: String = Behaviour.all, wrong: String? = nil
  ) async throws -> (PushBench, FakeTarget) {
    let (bench, server) = try await PushBench.pushed(["a", "b", "c", "d"], capabilities)
    if let place = server.messages().firstIndex(where: { $0.subject == wrong }) {
      server["INBOX"]?.messages[place].date = PushFixDatesTests.wrong
    }
    return (bench, server)
  }

  /// Does something once, before the first UID command with these words is carried out.
  private func before(
    _ words: String, on server: FakeTarget, _ act: @escaping @Sendable (FakeTarget) -> Void
  ) {
    let count = Atomic<Int>(0)
    server.change {
      $0.cut = { [weak server] line in
        guard let server, line.hasPrefix(words),
          count.add(1, ordering: .relaxed).newValue == 1
        else { return nil }
        act(server)
        return nil
      }
    }
  }

  private static func own(_ subject: String, _ flags: [String] = []) -> FakeTarget.Message {
    FakeTarget.Message(
      uid: 0, flags: flags, date: PushFixDatesTests.wrong, body: PullBench.message(subject))
  }

  private static func flag(_ uid: UInt32, _ flags: [String], on server: FakeTarget) {
    for index in server.messages().indices where server.messages()[index].uid == uid {
      server["INBOX"]?.messages[index].flags = flags
    }
  }

  private func fix(_ bench: PushBench, _ server: FakeTarget) async throws -> RunReport {
    try await bench.push(to: server) { $0.fixDates = true }
  }

  // MARK: --prune

  @Test(arguments: [
    (Behaviour.all, "FETCH"), (Behaviour.all, "STORE"), (Behaviour.all, "EXPUNGE"),
    (Behaviour.noExtras, "FETCH"), (Behaviour.noExtras, "STORE"),
  ])
  func `--prune takes what it is to take, and nothing of theirs`(
    _ capabilities: String, _ moment: String
  ) async throws {
    let (bench, server) = try await pushed(capabilities)
    try bench.delete("b")
    before(moment, on: server) { server in
      server["INBOX"]?.messages.removeAll { $0.uid == 1 }
      Self.flag(3, ["\\Deleted"], on: server)
      _ = server.store(
        [Self.own("b"), Self.own("x", ["\\Deleted"])], in: "INBOX", collapsing: false)
    }
    let report = try await bench.push(to: server) { $0.prune = true }
    #expect(report.accountFailure == nil)
    let canRemove = capabilities.contains("UIDPLUS")
    #expect(server.messages().map(\.uid) == (canRemove ? [] : [2]) + [3, 4, 5, 6])
    #expect(server.messages().first { $0.uid == 5 }?.flags == [])
    // The next run neither sends nor removes anything.
    let appends = server.appends
    for prune in [false, true] {
      _ = try await bench.push(to: server) {
        $0.prune = prune
        $0.pruneLimit = 100
      }
    }
    #expect(server.appends == appends)
    #expect(server.messages().map(\.uid) == (canRemove ? [] : [2]) + [3, 4, 5, 6])
  }

  @Test func `what somebody takes the mark off again stays, and the next --prune removes it`()
    async throws
  {
    let (bench, server) = try await pushed()
    try bench.delete("b")
    before("EXPUNGE", on: server) { Self.flag(2, ["\\Flagged"], on: $0) }
    let report = try await bench.push(to: server) { $0.prune = true }
    #expect(report.pushed == ["present": 3])
    #expect(server.messages().map(\.flags) == [[], ["\\Flagged"], [], []])
    let again = try await bench.push(to: server) { $0.prune = true }
    #expect(again.pushed == ["present": 3, "removed": 1])
  }

  @Test func `what is gone when --prune looks is not sent again, nor asked about`() async throws {
    let (bench, server) = try await pushed()
    try bench.delete("b")
    before("STORE", on: server) { $0["INBOX"]?.messages.removeAll { $0.uid == 2 } }
    let report = try await bench.push(to: server) { $0.prune = true }
    #expect(report.exitStatus == .done)
    #expect(server.subjects() == ["a", "c", "d"])
    try bench.drop("b", as: "1600000001.x")
    #expect(try await bench.push(to: server).pushed == ["transferred": 1, "present": 3])
  }

  // MARK: --fix-dates

  @Test(arguments: ["EXPUNGE 2", "STORE 2"])
  func `the old copy goes by itself`(_ moment: String) async throws {
    let (bench, server) = try await pushed(wrong: "b")
    before(moment, on: server) { $0["INBOX"]?.messages.removeAll { $0.uid == 2 } }
    #expect(try await fix(bench, server).pushed == ["present": 4, "dates": 1])
    #expect(server.subjects() == ["a", "c", "d", "b"])
    #expect(try await fix(bench, server).pushed == ["present": 4])
  }

  @Test func `the old copy is expunged while the new one is on its way`() async throws {
    let (bench, server) = try await pushed(wrong: "b")
    server.change {
      $0.append = { [weak server] _ in
        server?["INBOX"]?.messages.removeAll { $0.uid == 2 }
        return .store
      }
    }
    #expect(try await fix(bench, server).accountFailure == nil)
    #expect(server.subjects() == ["a", "c", "d", "b"])
    #expect(server.messages().allSatisfy { $0.date == PushFixDatesTests.right })
    for _ in 0..<2 {
      let report = try await bench.push(to: server)
      #expect(report.pushed == ["present": 4])
      #expect(report.notices == [])
    }
  }

  @Test func `the new copy is expunged, and the old one stays`() async throws {
    let (bench, server) = try await pushed(wrong: "b")
    before("FETCH 2,5", on: server) { $0["INBOX"]?.messages.removeAll { $0.uid == 5 } }
    #expect(try await fix(bench, server).accountFailure == nil)
    #expect(server.subjects() == ["a", "b", "c", "d"])
    #expect(try await fix(bench, server).pushed == ["present": 4, "dates": 1])
    #expect(server.subjects() == ["a", "c", "d", "b"])
  }

  @Test func `who throws away the new one of two copies keeps the old one`() async throws {
    let (bench, server) = try await pushed(wrong: "b")
    before("FETCH 2,5", on: server) { Self.flag(5, ["\\Deleted"], on: $0) }
    let report = try await fix(bench, server)
    #expect(report.pushed == ["present": 4])
    #expect(server.messages().map(\.uid) == [1, 2, 3, 4])
    #expect(server.messages().allSatisfy { $0.flags == [] })
  }

  @Test func `who throws away the old one has what was to be`() async throws {
    let (bench, server) = try await pushed(wrong: "b")
    before("FETCH 2,5", on: server) { Self.flag(2, ["\\Deleted"], on: $0) }
    #expect(try await fix(bench, server).pushed == ["present": 4, "dates": 1])
    #expect(server.messages().map(\.uid) == [1, 3, 4, 5])
    #expect(server.messages().allSatisfy { $0.flags == [] })
  }

  @Test func `flags that are set on the old copy meanwhile go to the new one`() async throws {
    let (bench, server) = try await pushed(wrong: "b")
    before("FETCH 2,5", on: server) { Self.flag(2, ["\\Seen", "Theirs"], on: $0) }
    #expect(try await fix(bench, server).pushed == ["present": 4, "dates": 1])
    #expect(server.messages().map(\.uid) == [1, 3, 4, 5])
    #expect(Set(server.messages()[3].flags) == ["\\Seen", "Theirs"])
    // They are theirs, not the archive's.
    #expect(try await bench.push(to: server).pushed == ["present": 4])
    #expect(Set(server.messages()[3].flags) == ["\\Seen", "Theirs"])
  }

  @Test func `flags that were taken off the new one since are not set again`() async throws {
    let (bench, server) = try await pushed(wrong: "b")
    Self.flag(2, ["\\Seen"], on: server)
    server.change { $0.expunge = { _ in "NO [NOPERM] not yours" } }
    _ = try await fix(bench, server)
    #expect(server.messages().last?.flags == ["\\Seen"])
    Self.flag(5, [], on: server)
    server.change { $0.expunge = { _ in nil } }
    #expect(try await fix(bench, server).pushed == ["present": 4, "dates": 1])
    #expect(server.messages().map(\.flags) == [[], [], [], []])
  }

  @Test func `an equal message that somebody appends is nobody's copy`() async throws {
    let (bench, server) = try await pushed(wrong: "b")
    server.change {
      $0.append = { [weak server] _ in
        _ = server?.store([Self.own("b")], in: "INBOX", collapsing: false)
        return .store
      }
    }
    #expect(try await fix(bench, server).pushed["dates"] == 1)
    server.change { $0.append = { _ in .store } }
    #expect(server.subjects() == ["a", "c", "d", "b", "b"])
    let areRight = server.messages().map { $0.date == PushFixDatesTests.right }
    #expect(areRight == [true, true, true, false, true])
    #expect(try await fix(bench, server).pushed == ["present": 4])
    try bench.delete("b")
    let pruned = try await bench.push(to: server) {
      $0.prune = true
      $0.pruneLimit = 100
    }
    #expect(pruned.pushed == ["present": 3, "removed": 1])
    #expect(server.messages().map(\.uid) == [1, 3, 4, 5])
  }
}
