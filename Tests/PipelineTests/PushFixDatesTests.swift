import Glibc
import Mail
import TestSupport
import Testing

@testable import Pipeline

/// Messages with another internal date on the target are replaced, and never fewer of them are there
/// than before.
@Suite(.requiresDovecot) struct PushFixDatesTests {
  private typealias Behaviour = FakeTarget.Behaviour

  /// The date of each message that `drop` puts into an archive.
  static let right = "13-Sep-2020 12:26:40 +0000"
  static let wrong = "22-Nov-2024 10:00:00 +0100"

  /// A bench whose messages were pushed to a server in memory, the dates of some of which are wrong.
  private func pushed(
    _ subjects: [String] = ["a", "b", "c", "d"], wrong: Set<String> = ["b", "c"],
    _ capabilities: String = Behaviour.all
  ) async throws -> (PushBench, FakeTarget) {
    let (bench, server) = try await PushBench.pushed(subjects, capabilities)
    for index in subjects.indices where wrong.contains(subjects[index]) {
      server["INBOX"]?.messages[index].date = Self.wrong
    }
    return (bench, server)
  }

  private func fix(_ bench: PushBench, _ server: FakeTarget) async throws -> RunReport {
    try await bench.push(to: server) { $0.fixDates = true }
  }

  @Test func `a copy with the right date takes the place of each, with its flags`() async throws {
    let (bench, server) = try await pushed()
    server["INBOX"]?.messages[1].flags = ["\\Seen", "Theirs"]
    _ = server.store(
      [.init(uid: 0, flags: ["\\Deleted"], date: Self.wrong, body: PullBench.message("own"))],
      in: "INBOX", collapsing: false)
    #expect(try await bench.push(to: server).pushed == ["present": 4])
    let before = server.lines.count
    let report = try await fix(bench, server)
    #expect(report.pushed == ["present": 4, "dates": 2])
    #expect(report.exitStatus == .done)
    #expect(report.notices == [])
    #expect(server.subjects() == ["a", "d", "own", "b", "c"])
    #expect(server.messages().map(\.uid) == [1, 4, 5, 6, 7])
    let dates = server.messages().filter { $0.subject != "own" }.map(\.date)
    #expect(dates == [Self.right, Self.right, Self.right, Self.right])
    #expect(server.messages()[3].flags == ["\\Seen", "Theirs"])
    #expect(
      changingLines(server, from: before).filter { !$0.hasPrefix("APPEND") } == [
        "UID STORE 2 +FLAGS.SILENT (\\Deleted)", "UID EXPUNGE 2",
        "UID STORE 3 +FLAGS.SILENT (\\Deleted)", "UID EXPUNGE 3",
      ])
    #expect(try await fix(bench, server).pushed == ["present": 4])
    #expect(try await bench.push(to: server).pushed == ["present": 4])
    #expect(server.appends == 3)
  }

  @Test func `the time zone in which a server tells a date is no difference`() async throws {
    let (bench, server) = try await pushed(["a"], wrong: [])
    server["INBOX"]?.messages[0].date = "13-Sep-2020 17:26:40 +0500"
    #expect(try await fix(bench, server).pushed == ["present": 1])
    #expect(server.appends == 1)
  }

  @Test func `a dry run shows both dates and changes nothing`() async throws {
    let (bench, server) = try await pushed()
    let before = server.lines.count
    let archive = try snapshot(bench.archive)
    let planned = PlannedChanges()
    let report = try await bench.push(to: server) {
      $0.fixDates = true
      $0.dryRun = true
      $0.observer = planned
    }
    #expect(report.pushed == ["present": 4, "dates": 2])
    #expect(planned.changes.map(\.action) == [.fixDate, .fixDate])
    #expect(
      planned.changes.first?.detail
        == "2024-11-22 09:00:00 UTC, in the archive 2020-09-13 12:26:40 UTC")
    #expect(planned.changes.map(\.file) == [try bench.file("b"), try bench.file("c")])
    #expect(changingLines(server, from: before) == [])
    #expect(changes(archive, try snapshot(bench.archive)) == [])
  }

  @Test func `without UIDPLUS nothing is begun`() async throws {
    let (bench, server) = try await pushed(["a"], wrong: ["a"], Behaviour.noExtras)
    let report = try await fix(bench, server)
    #expect(report.accountFailure?.cause == .usage)
    #expect(report.accountFailure?.summary.contains("no UIDPLUS") == true)
    #expect(server.messages().map(\.date) == [Self.wrong])
  }

  @Test func `a server that does not take dates keeps what it had`() async throws {
    let (bench, server) = try await pushed()
    server.change { $0.keptDate = { _ in "01-Jan-2021 00:00:00 +0000" } }
    let report = try await fix(bench, server)
    #expect(report.pushed == ["present": 4, "failures": 1])
    #expect(report.failures.first?.reason.contains("2021-01-01") == true)
    #expect(server.messages().map(\.uid) == [1, 2, 3, 4])
    #expect(server.messages().map(\.date) == [Self.right, Self.wrong, Self.wrong, Self.right])
    #expect(server.appends == 2)
    #expect(try await bench.push(to: server).pushed == ["present": 4])
  }

  @Test func `a copy that is refused changes nothing, and the others go on`() async throws {
    let (bench, server) = try await pushed()
    server.change {
      $0.append = { $0.messages.first?.subject == "b" ? .say("NO not this one", keep: 0) : .store }
    }
    let report = try await fix(bench, server)
    #expect(report.pushed == ["present": 4, "dates": 1, "failures": 1])
    #expect(server.subjects() == ["a", "b", "d", "c"])
    #expect(server.messages().map(\.date) == [Self.right, Self.wrong, Self.right, Self.right])
    // It is no message that the target refuses: it has it.
    #expect(try await bench.push(to: server).pushed == ["present": 4])
  }

  @Test func `a server that refuses everything is not asked for everything`() async throws {
    let subjects = (0..<20).map { "m\($0)" }
    let (bench, server) = try await pushed(subjects, wrong: Set(subjects))
    let appends = server.appends
    server.change { $0.append = { _ in .say("NO out of order", keep: 0) } }
    #expect(try await fix(bench, server).pushed == ["present": 20, "failures": 3])
    #expect(server.appends == appends + 3)
    server.change { $0.append = { _ in .say("NO [OVERQUOTA] full", keep: 0) } }
    #expect(try await fix(bench, server).pushed["failures"] == 1)
    #expect(server.messages().map(\.uid) == Array(1...20))
  }

  @Test func `what others put there is replaced if its content is the archive's`() async throws {
    let bench = try await PushBench.dropping(["same", "altered", "header"])
    let server = try FakeTarget(Behaviour.all)
    let altered = PullBench.message("altered") + Array("\r\n".utf8)
    for body in [PullBench.message("same"), altered, PullBench.message("header")] {
      _ = server.store(
        [.init(uid: 0, flags: [], date: Self.wrong, body: body)], in: "INBOX", collapsing: false)
    }
    #expect(try await bench.push(to: server).pushed == ["present": 3])
    // Under the same UID, with the same header and size, there is something else by now.
    server["INBOX"]?.messages[2].body = PullBench.message("header").map { $0 == 46 ? 33 : $0 }
    let report = try await fix(bench, server)
    #expect(report.pushed == ["present": 3, "dates": 2])
    #expect(report.notices.contains { $0.text.contains("as servers alter mail") })
    #expect(report.notices.contains { $0.text.contains("not what the archive has") })
    #expect(server.subjects() == ["header", "same", "altered"])
    #expect(server.messages().map(\.date) == [Self.wrong, Self.right, Self.right])
    #expect(server.messages().last?.body == PullBench.message("altered"))
    // A copy in place of somebody else's is not mailarc's to remove.
    try bench.delete("same")
    let pruned = try await bench.push(to: server) {
      $0.prune = true
      $0.pruneLimit = 100
    }
    #expect(pruned.pushed == ["present": 2])
    #expect(server.subjects() == ["header", "same", "altered"])
  }

  @Test func `what is marked as deleted there is left alone`() async throws {
    let (bench, server) = try await pushed(["a"], wrong: ["a"])
    server["INBOX"]?.messages[0].flags = ["\\Deleted"]
    let report = try await fix(bench, server)
    #expect(report.pushed == ["present": 1])
    #expect(report.notices.contains { $0.text.contains("marked as deleted") })
    #expect(server.messages().map(\.uid) == [1])
  }

  @Test func `a server that keeps equal messages as one has no second copy`() async throws {
    let (bench, server) = try await pushed()
    server.change { $0.append = { _ in .collapse } }
    let report = try await fix(bench, server)
    #expect(report.pushed == ["present": 4, "failures": 1])
    #expect(server.messages().map(\.uid) == [1, 2, 3, 4])
  }

  @Test func `dates that no server keeps are not tried`() async throws {
    let bench = try await PushBench.dropping(["a", "b"])
    for (name, seconds) in [("1600000000.x", -86_400), ("1600000001.x", 4_000_000_000)] {
      try setModificationTime(bench.archive + "/INBOX/cur/\(name):2,", seconds)
    }
    let server = try FakeTarget(Behaviour.all) { $0.keptDate = { _ in Self.wrong } }
    #expect(try await bench.push(to: server).pushed == ["transferred": 2])
    let report = try await fix(bench, server)
    #expect(report.pushed == ["present": 2])
    #expect(report.notices.contains { $0.kind == .datesNotKept && $0.text.contains("2 messages") })
    #expect(server.appends == 1)
  }

  @Test func `without APPENDUID the copy is found`() async throws {
    let (bench, server) = try await pushed()
    server.change { $0.append = { _ in .storeSaying(code: "") } }
    #expect(try await fix(bench, server).pushed == ["present": 4, "dates": 2])
    #expect(server.subjects() == ["a", "d", "b", "c"])
    #expect(server.messages().allSatisfy { $0.date == Self.right })
  }
}
