import Glibc
import Mail
import Synchronization
import TestSupport
import Testing

@testable import Journals
@testable import Pipeline

/// Connections that are lost, and servers that refuse, while messages are being removed or replaced.
@Suite(.requiresDovecot) struct PushRemovalBrokenTests {
  private typealias Behaviour = FakeTarget.Behaviour

  private func pushed(
    _ subjects: [String] = ["a", "b", "c", "d"]
  ) async throws -> (PushBench, FakeTarget) {
    try await PushBench.pushed(subjects)
  }

  /// True for the first UID command that begins so.
  private static func once(_ word: String, _ cut: FakeTarget.Cut)
    -> @Sendable (String) ->
    FakeTarget.Cut?
  {
    let count = Atomic<Int>(0)
    return { line in
      guard line.hasPrefix(word) else { return nil }
      return count.add(1, ordering: .relaxed).newValue == 1 ? cut : nil
    }
  }

  private static let cuts: [(String, FakeTarget.Cut)] = [
    ("STORE", .before), ("STORE", .after), ("EXPUNGE", .before), ("EXPUNGE", .after),
  ]

  @Test(arguments: cuts)
  func `--prune goes on over a new connection`(_ word: String, _ cut: FakeTarget.Cut) async throws {
    let (bench, server) = try await pushed()
    server.change { $0.cut = Self.once(word, cut) }
    try bench.delete("b")
    let report = try await bench.push(to: server) { $0.prune = true }
    #expect(report.pushed == ["present": 3, "removed": 1])
    #expect(report.exitStatus == .done)
    #expect(server.subjects() == ["a", "c", "d"])
    #expect(server.messages().allSatisfy { $0.flags.isEmpty })
    try bench.drop("b", as: "1600000001.x")
    #expect(try await bench.push(to: server).pushed == ["transferred": 1, "present": 3])
  }

  @Test(arguments: cuts)
  func `--fix-dates goes on over a new connection`(
    _ word: String, _ cut: FakeTarget.Cut
  ) async throws {
    let (bench, server) = try await pushed()
    server.change { $0.cut = Self.once(word, cut) }
    server["INBOX"]?.messages[1].date = PushFixDatesTests.wrong
    let report = try await bench.push(to: server) { $0.fixDates = true }
    #expect(report.exitStatus == .done)
    #expect(report.accountFailure == nil)
    #expect(server.subjects() == ["a", "c", "d", "b"])
    #expect(server.messages().allSatisfy { $0.date == PushFixDatesTests.right })
    #expect(try await bench.push(to: server).pushed == ["present": 4])
  }

  @Test(arguments: [0, 1])
  func `a connection lost in the APPEND of a copy leaves one of each`(_ keep: Int) async throws {
    let (bench, server) = try await pushed()
    server["INBOX"]?.messages[1].date = PushFixDatesTests.wrong
    server.change {
      $0.append = { $0.number == 2 ? .close(keep: keep, bye: false) : .store }
    }
    let report = try await bench.push(to: server) { $0.fixDates = true }
    #expect(report.exitStatus == .done)
    // It is not told as a message that had not arrived: the target has it.
    #expect(report.notices == [])
    #expect(server.appends == (keep == 0 ? 3 : 2))
    #expect(server.subjects() == ["a", "c", "d", "b"])
    #expect(server.messages().allSatisfy { $0.date == PushFixDatesTests.right })
  }

  @Test func `a message that always breaks the connection is given up, and its copy stays`()
    async throws
  {
    let (bench, server) = try await pushed()
    server["INBOX"]?.messages[1].date = PushFixDatesTests.wrong
    server.change { $0.append = { _ in .close(keep: 0, bye: false) } }
    let report = try await bench.push(to: server) { $0.fixDates = true }
    #expect(report.accountFailure == nil)
    #expect(server.subjects() == ["a", "b", "c", "d"])
    #expect(server.appends < 8)
    server.change { $0.append = { _ in .store } }
    #expect(try await bench.push(to: server).pushed == ["present": 4])
  }

  @Test(arguments: ["NO [NOPERM] not yours", "OK nothing done"])
  func `what can't be removed is only marked, and stays in the index`(_ answer: String)
    async throws
  {
    let (bench, server) = try await pushed()
    try bench.delete("b")
    server.change { $0.expunge = { _ in answer } }
    let report = try await bench.push(to: server) { $0.prune = true }
    #expect(report.pushed == ["present": 3])
    #expect(report.notices.contains { $0.text.contains("marked as deleted") })
    #expect(report.notices.contains { $0.text.contains("not yours") } == answer.contains("NO"))
    #expect(server.messages().map(\.flags) == [[], ["\\Deleted"], [], []])
    server.change { $0.expunge = { _ in nil } }
    let again = try await bench.push(to: server) { $0.prune = true }
    #expect(again.pushed == ["present": 3, "removed": 1])
    #expect(server.subjects() == ["a", "c", "d"])
  }

  @Test func `a mark that is refused leaves the message as it was`() async throws {
    let (bench, server) = try await pushed()
    try bench.delete("b")
    server.change { $0.store = { _ in "NO [NOPERM] not yours" } }
    let report = try await bench.push(to: server) { $0.prune = true }
    #expect(report.pushed == ["present": 3])
    #expect(report.notices.contains { $0.text.contains("not yours") })
    #expect(!server.lines.contains { $0.contains("EXPUNGE") })
    #expect(server.subjects() == ["a", "b", "c", "d"])
  }

  @Test func `copies that can't be removed do not pile up, and a push without the option says so`()
    async throws
  {
    let (bench, server) = try await pushed()
    for index in 0..<4 { server["INBOX"]?.messages[index].date = PushFixDatesTests.wrong }
    server.change { $0.expunge = { _ in "NO [NOPERM] not yours" } }
    let report = try await bench.push(to: server) { $0.fixDates = true }
    #expect(report.pushed == ["present": 4])
    #expect(server.subjects() == ["a", "b", "c", "d", "a"])
    #expect(report.notices.contains { $0.text.contains("run again with --fix-dates") })
    for prune in [false, true] {
      let plain = try await bench.push(to: server) {
        $0.prune = prune
        $0.pruneLimit = 100
      }
      #expect(plain.pushed == ["present": 4])
      #expect(plain.notices.map(\.text).filter { $0.contains("--fix-dates") }.count == 1)
      #expect(!plain.notices.contains { $0.text.contains("no longer in the archive") })
      #expect(server.messages().count == 5)
    }
    server.change { $0.expunge = { _ in nil } }
    #expect(try await bench.push(to: server) { $0.fixDates = true }.pushed["dates"] == 4)
    #expect(server.subjects() == ["a", "b", "c", "d"])
    #expect(server.messages().allSatisfy { $0.date == PushFixDatesTests.right })
  }

  @Test(arguments: ["old", "new", "both"])
  func `of two copies the user may delete either`(_ which: String) async throws {
    let (bench, server) = try await pushed()
    server["INBOX"]?.messages[1].date = PushFixDatesTests.wrong
    server.change { $0.expunge = { _ in "NO [NOPERM] not yours" } }
    _ = try await bench.push(to: server) { $0.fixDates = true }
    #expect(server.messages().map(\.uid) == [1, 2, 3, 4, 5])
    server["INBOX"]?.messages.removeAll {
      $0.uid == 2 && which != "new" || $0.uid == 5 && which != "old"
    }
    let report = try await bench.push(to: server)
    let expected =
      [
        "both": ["present": 3, "gone": 1], "old": ["present": 4],
        // The old one is marked, and stays after all.
        "new": ["present": 4, "flags": 1],
      ]
    #expect(report.pushed == expected[which])
    #expect(server.messages().allSatisfy { $0.flags.isEmpty })
    #expect(!report.notices.contains { $0.text.contains("--fix-dates") })
    #expect(server.appends == 2)
  }

  /// Two copies of b, of which the old one could not be removed.
  private func doubled(_ bench: PushBench, _ server: FakeTarget) async throws {
    server["INBOX"]?.messages[1].date = PushFixDatesTests.wrong
    server.change { $0.expunge = { _ in "NO [NOPERM] not yours" } }
    _ = try await bench.push(to: server) { $0.fixDates = true }
    guard server.subjects() == ["a", "b", "c", "d", "b"] else {
      throw TestSetupError("\(server.subjects())")
    }
    server.change { $0.expunge = { _ in nil } }
  }

  @Test func `of two copies --prune takes neither`() async throws {
    let (bench, server) = try await pushed()
    try await doubled(bench, server)
    try bench.delete("b")
    func prune() async throws -> RunReport {
      try await bench.push(to: server) {
        $0.prune = true
        $0.pruneLimit = 100
      }
    }
    #expect(try await prune().pushed == ["present": 3])
    #expect(server.messages().count == 5)
    #expect(try await bench.push(to: server) { $0.fixDates = true }.pushed["dates"] == 1)
    #expect(server.subjects() == ["a", "c", "d", "b"])
    #expect(try await prune().pushed == ["present": 3, "removed": 1])
    #expect(server.subjects() == ["a", "c", "d"])
  }

  @Test func `of two copies neither is moved`() async throws {
    let (bench, server) = try await pushed()
    try await doubled(bench, server)
    server.change { $0.capabilities += " MOVE" }
    for part in ["", "/cur", "/new", "/tmp"] { try makeDirectory(bench.archive + "/Work" + part) }
    try bench.rename(bench.file("b"), bench.archive + "/Work/cur/1600000001.x:2,")
    #expect(try await bench.push(to: server).pushed["transferred"] == 1)
    #expect(server.messages().count == 5)
    #expect(server.subjects("Work") == ["b"])
  }

  @Test func `what arrived altered may be somebody else's, and --prune leaves it`() async throws {
    let bench = try await PushBench.dropping(["a", "b"])
    let server = try FakeTarget(Behaviour.all) {
      $0.append = { $0.number == 1 ? .close(keep: 1, bye: false) : .store }
      $0.kept = { body in
        let isAltered = body == PullBench.message("a")
        return (isAltered ? Array("Received: by example.net\r\n".utf8) : []) + body
      }
    }
    _ = try await bench.push(to: server)
    #expect(server.subjects() == ["a", "b"])
    for subject in ["a", "b"] { try bench.delete(subject) }
    let report = try await bench.push(to: server) {
      $0.prune = true
      $0.pruneLimit = 100
    }
    #expect(report.notices.contains { $0.text.contains("may be somebody else's copy") })
    #expect(report.pushed == ["removed": 1])
    #expect(server.subjects() == ["a"])
  }
}
