import Glibc
import Mail
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// Hand edits that leave an old copy on the target: it goes with `--prune` once what the archive has in its
/// place is there.
@Suite(.requiresDovecot) struct PushPruneEditTests {
  private typealias Behaviour = FakeTarget.Behaviour

  /// A bench whose archive has a second mailbox, pushed to a server in memory.
  private func pushed(
    _ capabilities: String = Behaviour.all
  ) async throws -> (PushBench, FakeTarget) {
    let bench = try await PushBench.dropping(["a", "b", "c"])
    try make("Work", in: bench)
    try move("c", to: "Work", in: bench)
    let server = try FakeTarget(capabilities)
    let report = try await bench.push(to: server)
    guard report.pushed == ["transferred": 3] else { throw TestSetupError("\(report.pushed)") }
    return (bench, server)
  }

  private func make(_ mailbox: String, in bench: PushBench) throws {
    for part in ["", "/cur", "/new", "/tmp"] {
      try makeDirectory("\(bench.archive)/\(mailbox)\(part)")
    }
  }

  private func move(_ subject: String, to mailbox: String, in bench: PushBench) throws {
    let path = try bench.file(subject)
    let name = path.split(separator: "/").last ?? ""
    try bench.rename(path, "\(bench.archive)/\(mailbox)/cur/\(name)")
  }

  private func prune(
    _ bench: PushBench, _ server: FakeTarget,
    _ change: (inout PushBench.Options) -> Void = { _ in }
  ) async throws -> RunReport {
    try await bench.push(to: server) {
      $0.prune = true
      change(&$0)
    }
  }

  @Test func `what was edited`() async throws {
    let (bench, server) = try await pushed()
    let path = try bench.file("a")
    try writeFile(path, try readFile(path) + "More.\n")
    // As long as the new one is refused the old one stays.
    server.change { $0.append = { _ in .say("NO [CANNOT] not this one", keep: 0) } }
    let refused = try await prune(bench, server) { $0.full = true }
    #expect(refused.pushed == ["present": 2, "failures": 1])
    #expect(refused.notices.contains { $0.text.contains("in its place is not there") })
    #expect(server.subjects() == ["a", "b"])
    server.change { $0.append = { _ in .store } }
    let planned = PlannedChanges()
    _ = try await prune(bench, server) {
      $0.full = true
      $0.dryRun = true
      $0.retryRefused = true
      $0.observer = planned
    }
    #expect(planned.changes.map(\.action) == [.transfer, .remove])
    let report = try await prune(bench, server) {
      $0.full = true
      $0.retryRefused = true
    }
    #expect(report.pushed == ["transferred": 1, "present": 2, "removed": 1])
    #expect(server.subjects() == ["b", "a"])
    #expect(server.messages().last?.body == PullBench.message("a") + Array("More.\r\n".utf8))
  }

  @Test func `what was moved where the server has no MOVE`() async throws {
    let (bench, server) = try await pushed()
    try move("a", to: "Work", in: bench)
    server.change { $0.append = { _ in .say("NO [OVERQUOTA] full", keep: 0) } }
    let full = try await prune(bench, server)
    #expect(full.pushed["removed"] == nil)
    #expect(server.subjects() == ["a", "b"])
    server.change { $0.append = { _ in .store } }
    let report = try await prune(bench, server)
    #expect(report.pushed == ["transferred": 1, "present": 2, "removed": 1])
    #expect(server.subjects() == ["b"])
    #expect(server.subjects("Work") == ["c", "a"])
  }

  @Test func `what was moved under another name, by its content`() async throws {
    let (bench, server) = try await pushed()
    try bench.rename(bench.file("a"), bench.archive + "/Work/cur/1700000000.other:2,")
    server.change { $0.append = { _ in .say("NO [OVERQUOTA] full", keep: 0) } }
    #expect(try await prune(bench, server).pushed["removed"] == nil)
    #expect(server.subjects() == ["a", "b"])
    server.change { $0.append = { _ in .store } }
    #expect(try await prune(bench, server).pushed["removed"] == 1)
    #expect(server.subjects("Work") == ["c", "a"])
  }

  @Test func `what was moved with MOVE leaves nothing to be removed`() async throws {
    let (bench, server) = try await pushed(Behaviour.all + " MOVE")
    try move("a", to: "Work", in: bench)
    let report = try await prune(bench, server)
    #expect(report.pushed["removed"] == nil)
    #expect(server.subjects("Work") == ["c", "a"])
    try bench.delete("a")
    // It was mailarc's own before it was moved, and so it is now.
    #expect(try await prune(bench, server).pushed["removed"] == 1)
    #expect(server.subjects("Work") == ["c"])
  }

  @Test func `a mailbox that the archive has no longer`() async throws {
    let (bench, server) = try await pushed()
    try bench.drop("d", as: "170.w")
    try bench.rename(
      bench.archive + "/INBOX/cur/170.w:2,", bench.archive + "/Work/cur/170.w:2,")
    #expect(try await bench.push(to: server).pushed["transferred"] == 1)
    try runSuccessfully("/bin/rm", ["-r", bench.archive + "/Work"])
    let plain = try await bench.push(to: server)
    #expect(plain.mailboxes.map(\.name) == [.inbox])
    let stay = plain.notices.filter { $0.text.contains("no longer in the archive and stay") }
    #expect(stay.map { $0.mailbox?.description } == ["Work"])
    let asked = try await prune(bench, server) { $0.pruneLimit = 99 }
    #expect(asked.pushed == ["present": 2, "questions": 1])
    #expect(asked.questions.map(\.options) == [["--prune-limit 100"]])
    #expect(server.subjects("Work") == ["c", "d"])
    let report = try await prune(bench, server) { $0.pruneLimit = 100 }
    #expect(report.pushed == ["present": 2, "removed": 2])
    #expect(report.notices.contains { $0.text.contains("without a message") })
    #expect(server["Work"]?.messages == [])
    #expect(try await bench.push(to: server).pushed == ["present": 2])
  }

  @Test func `a mailbox that was renamed is moved on the target, message by message`() async throws
  {
    let (bench, server) = try await pushed(Behaviour.all + " MOVE")
    try bench.rename(bench.archive + "/Work", bench.archive + "/Arbeit")
    let appends = server.appends
    #expect(try await bench.push(to: server).accountFailure == nil)
    #expect(server.subjects("Arbeit") == ["c"])
    #expect(server.subjects("Work") == [])
    #expect(server.appends == appends)
    #expect(try await prune(bench, server).pushed == ["present": 3])
  }

  @Test func `nothing at all while a part of the archive can't be read`() async throws {
    let (bench, server) = try await pushed()
    try bench.delete("a")
    for part in ["", "/cur", "/new"] { try makeDirectory(bench.archive + "/half%+" + part) }
    let report = try await prune(bench, server)
    #expect(report.pushed["removed"] == nil)
    #expect(report.notices.contains { $0.text.contains("nothing was removed") })
    #expect(server.subjects() == ["a", "b"])
    try runSuccessfully("/bin/rm", ["-r", bench.archive + "/half%+"])
    #expect(try await prune(bench, server).pushed["removed"] == 1)
  }

  @Test func `nothing of a mailbox that waits for an answer`() async throws {
    let bench = try await PushBench.dropping((0..<24).map { "m\($0)" })
    let server = try FakeTarget(Behaviour.all)
    _ = try await bench.push(to: server)
    server["INBOX"]?.messages.removeAll { $0.uid > 4 }
    try bench.delete("m0")
    let report = try await prune(bench, server)
    #expect(report.pushed["removed"] == nil)
    #expect(report.questions.map(\.options) == [["--resend-deleted", "--accept-deletions"]])
    #expect(server.messages().count == 4)
    #expect(try await prune(bench, server) { $0.accept = true }.pushed["removed"] == 1)
    #expect(server.subjects() == ["m1", "m2", "m3"])
  }
}
