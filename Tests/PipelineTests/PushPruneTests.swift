import Glibc
import Mail
import TestSupport
import Testing

@testable import Pipeline

/// What mailarc put on the target and the user removed from the archive is removed there, and nothing
/// else ever.
@Suite(.requiresDovecot) struct PushPruneTests {
  private typealias Behaviour = FakeTarget.Behaviour

  private static let subjects = (0..<20).map { "m\($0)" }

  /// A bench with twenty messages that were pushed to a server in memory.
  private func pushed(
    _ capabilities: String = Behaviour.all, _ subjects: [String] = subjects
  ) async throws -> (PushBench, FakeTarget) {
    try await PushBench.pushed(subjects, capabilities)
  }

  private func prune(
    _ bench: PushBench, _ server: FakeTarget, limit: Int = 100
  ) async throws -> RunReport {
    try await bench.push(to: server) {
      $0.prune = true
      $0.pruneLimit = limit
    }
  }

  private func own(_ subject: String, _ flags: [String] = []) -> FakeTarget.Message {
    FakeTarget.Message(uid: 0, flags: flags, body: PullBench.message(subject))
  }

  @Test func `by UID EXPUNGE with exactly these UIDs, and other mail stays as it is`() async throws
  {
    let (bench, server) = try await pushed()
    _ = server.store(
      [own("theirs"), own("thrown away", ["\\Deleted"])], in: "INBOX", collapsing: false)
    for subject in ["m3", "m17"] { try bench.delete(subject) }
    let first = try await bench.push(to: server)
    #expect(first.pushed == ["present": 18])
    #expect(first.notices.map(\.text).filter { $0.contains("stay on the target") }.count == 1)
    let before = server.lines.count
    let report = try await prune(bench, server)
    #expect(report.pushed == ["present": 18, "removed": 2])
    #expect(report.exitStatus == .done)
    #expect(report.notices.count == 1)
    #expect(report.notices.first?.text.contains("1600000003.x, 1600000017.x") == true)
    let left = Self.subjects.filter { !["m3", "m17"].contains($0) }
    #expect(server.subjects() == left + ["theirs", "thrown away"])
    #expect(server.messages().last?.flags == ["\\Deleted"])
    #expect(
      changingLines(server, from: before) == [
        "UID STORE 4,18 +FLAGS.SILENT (\\Deleted)", "UID EXPUNGE 4,18",
      ])
    #expect(try await prune(bench, server).pushed == ["present": 18])
    #expect(try await bench.push(to: server).pushed == ["present": 18])
  }

  @Test func `on Dovecot no other command removes anything`() async throws {
    let bench = try await PushBench.dropping(Self.subjects)
    try await bench.push()
    try bench.plain.append(PullBench.message("own"), to: "INBOX", flags: ["\\Deleted"])
    for subject in ["m3", "m4"] { try bench.delete(subject) }
    let before = try bench.transcript().count
    let uids = try bench.plain.messages(in: "INBOX")[3...4].map(\.uid)
    let report = try await bench.push { $0.prune = true }
    #expect(report.pushed == ["present": 18, "removed": 2])
    let said = try bench.transcript().dropFirst(before).filter { line in
      [" STORE", " EXPUNGE", " CLOSE", " MOVE", " DELETE", " APPEND"].contains { line.contains($0) }
    }.map { $0.split(separator: " ", maxSplits: 1).dropFirst().joined() }
    #expect(
      said == [
        "UID STORE \(uids[0]):\(uids[1]) +FLAGS.SILENT (\\Deleted)",
        "UID EXPUNGE \(uids[0]):\(uids[1])",
      ])
    #expect(try bench.message("own").flags == ["\\deleted"])
  }

  @Test func `a dry run shows it and changes nothing`() async throws {
    let (bench, server) = try await pushed()
    try bench.delete("m3")
    let before = server.lines.count
    let archive = try snapshot(bench.archive)
    let planned = PlannedChanges()
    let report = try await bench.push(to: server) {
      $0.prune = true
      $0.dryRun = true
      $0.observer = planned
    }
    #expect(report.pushed == ["present": 19, "removed": 1])
    #expect(planned.changes.map(\.action) == [.remove])
    #expect(planned.changes.map(\.file) == ["1600000003.x"])
    #expect(planned.changes.map { $0.uid?.value } == [4])
    #expect(changingLines(server, from: before) == [])
    #expect(!server.lines.dropFirst(before).contains { $0.contains(" SELECT ") })
    #expect(changes(archive, try snapshot(bench.archive)) == [])
    #expect(server.messages().count == 20)
  }

  @Test func `more than a tenth is a question, and other mailboxes go on`() async throws {
    let bench = try await PushBench.dropping(Self.subjects)
    for path in ["/Work", "/Work/cur", "/Work/new", "/Work/tmp"] {
      try makeDirectory(bench.archive + path)
    }
    try bench.rename(bench.file("m0"), bench.archive + "/Work/cur/1.w:2,")
    let server = try FakeTarget(Behaviour.all)
    #expect(try await bench.push(to: server).pushed == ["transferred": 20])
    for subject in ["m0", "m3", "m4", "m5"] { try bench.delete(subject) }
    let report = try await prune(bench, server, limit: 10)
    #expect(report.pushed == ["present": 16, "questions": 2])
    #expect(report.exitStatus == .findings)
    #expect(report.questions.map(\.options) == [["--prune-limit 16"], ["--prune-limit 100"]])
    #expect(server.messages().count == 19)
    #expect(server.subjects("Work") == ["m0"])
    let half = try await prune(bench, server, limit: 16)
    #expect(half.pushed == ["present": 16, "removed": 3, "questions": 1])
    #expect(server.messages().count == 16)
  }

  @Test func `of two equal messages one goes and one stays`() async throws {
    let (bench, server) = try await pushed(Behaviour.all, ["twin", "a", "twin"])
    unlink(bench.archive + "/INBOX/cur/1600000002.x:2,")
    #expect(try await prune(bench, server).pushed == ["present": 2, "removed": 1])
    #expect(server.messages().map(\.uid) == [1, 2])
  }

  @Test func `what the server keeps as one goes with the last of them`() async throws {
    let bench = try await PushBench.dropping(["twin", "a", "twin"])
    let server = try FakeTarget(Behaviour.all) { $0.append = { _ in .collapse } }
    #expect(try await bench.push(to: server).pushed == ["transferred": 3, "collapsed": 1])
    #expect(server.subjects() == ["twin", "a"])
    unlink(bench.archive + "/INBOX/cur/1600000000.x:2,")
    #expect(try await prune(bench, server).pushed["removed"] == nil)
    unlink(bench.archive + "/INBOX/cur/1600000002.x:2,")
    #expect(try await prune(bench, server).pushed["removed"] == 1)
    #expect(server.subjects() == ["a"])
    // Put back, it is sent again.
    try bench.drop("twin", as: "1600000000.x")
    #expect(try await bench.push(to: server).pushed == ["transferred": 1, "present": 1])
  }

  @Test func `what somebody else had put there stays`() async throws {
    let bench = try await PushBench.dropping(["a", "b"])
    let server = try FakeTarget(Behaviour.all)
    _ = server.store([own("a")], in: "INBOX", collapsing: false)
    #expect(try await bench.push(to: server).pushed == ["transferred": 1, "present": 1])
    try bench.delete("a")
    #expect(try await prune(bench, server, limit: 100).pushed == ["present": 1])
    #expect(server.subjects() == ["a", "b"])
  }

  @Test func `without UIDPLUS it is marked once, and unmarked where it is put back`() async throws {
    let (bench, server) = try await pushed(Behaviour.noExtras)
    try bench.delete("m3")
    var before = server.lines.count
    let report = try await prune(bench, server)
    #expect(report.pushed == ["present": 19])
    #expect(report.notices.contains { $0.text.contains("marked as deleted on the target") })
    #expect(
      changingLines(server, from: before) == ["UID STORE 4 +FLAGS.SILENT (\\Deleted)"])
    #expect(server.messages().map(\.flags).filter { !$0.isEmpty } == [["\\Deleted"]])
    before = server.lines.count
    #expect(try await prune(bench, server).pushed == ["present": 19])
    #expect(changingLines(server, from: before) == [])
    try bench.drop("m3", as: "1600000003.x")
    #expect(try await bench.push(to: server).pushed == ["present": 20, "flags": 1])
    #expect(server.messages().allSatisfy { $0.flags.isEmpty })
    #expect(try await bench.push(to: server).pushed == ["present": 20])
  }

  @Test func `what was marked and is gone since is sent again where it is put back`() async throws {
    let (bench, server) = try await pushed(Behaviour.noExtras)
    try bench.delete("m3")
    _ = try await prune(bench, server)
    server["INBOX"]?.messages.removeAll { $0.flags.contains("\\Deleted") }
    try bench.drop("m3", as: "1600000003.x")
    #expect(try await bench.push(to: server).pushed == ["transferred": 1, "present": 19])
  }

  @Test(arguments: ["validity", "UIDNEXT"])
  func `nothing goes that was there before the mailbox was made anew`(_ what: String) async throws {
    let (bench, server) = try await pushed()
    if what == "validity" {
      server["INBOX"]?.uidValidity = 8
    } else {
      let all = server.messages()
      server["INBOX"] = FakeTarget.Mailbox()
      _ = server.store(Array(all.dropLast()), in: "INBOX", collapsing: false)
    }
    try bench.delete("m3")
    for _ in 0..<2 {
      let report = try await prune(bench, server)
      #expect(report.pushed["removed"] == nil)
      #expect(report.notices.contains { $0.text.contains("made anew since") })
    }
    #expect(server.subjects().contains("m3"))
    // What is pushed from now on is mailarc's again.
    try bench.drop("new", as: "1700000000.x")
    #expect(try await bench.push(to: server).pushed["transferred"] == 1)
    try bench.delete("new")
    #expect(try await prune(bench, server).pushed["removed"] == 1)
    #expect(server.subjects().contains("m3"))
    #expect(!server.subjects().contains("new"))
  }

  @Test(arguments: [true, false])
  func `in a mailbox restored from a backup nobody else's mail goes`(_ sameHeader: Bool)
    async throws
  {
    let (bench, server) = try await pushed()
    // UID 4 is none of those that are looked at first.
    let theirs = PullBench.message(sameHeader ? "m3" : "own") + Array("Their words.\r\n".utf8)
    server["INBOX"]?.messages[3].body = theirs
    try bench.delete("m3")
    let report = try await prune(bench, server)
    #expect(report.pushed == ["present": 19])
    #expect(report.notices.contains { $0.text.contains("not what was pushed") })
    #expect(server.messages()[3].body == theirs)
    #expect(server.messages()[3].flags == [])
  }
}

extension PushBench {
  /// Removes a message from the archive.
  func delete(_ subject: String) throws {
    let path = try file(subject)
    guard unlink(path) == 0 else { throw TestSystemError("unlink", path) }
  }
}

/// The commands since then that change what is on the server, without their tags.
func changingLines(_ server: FakeTarget, from start: Int) -> [String] {
  server.lines.dropFirst(start).map { line in
    line.split(separator: " ", maxSplits: 1).dropFirst().joined()
  }.filter { line in
    ["UID STORE", "UID EXPUNGE", "EXPUNGE", "CLOSE", "APPEND", "UID MOVE", "DELETE", "CREATE"]
      .contains { line.hasPrefix($0) }
  }
}
