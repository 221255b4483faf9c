import Glibc
import Mail
import Synchronization
import TestSupport
import Testing

@testable import Pipeline

/// What was moved by hand in the archive is moved on the target, if mailarc put it there.
@Suite(.requiresDovecot) struct PushMoveTests {
  private func bench() async throws -> PushBench {
    let bench = try PushBench()
    try bench.source.plain.create("Work")
    for subject in ["a", "b", "c"] { try bench.source.append(subject) }
    try bench.source.append("w", to: "Work")
    try await bench.pull()
    return bench
  }

  private func move(_ bench: PushBench, _ subject: String, to mailbox: String) throws {
    let path = try bench.file(subject)
    let name = path.split(separator: "/").last ?? ""
    let directory = bench.archive + "/" + mailbox
    if access(directory, F_OK) != 0 {
      for part in ["", "/cur", "/new", "/tmp"] { try makeDirectory(directory + part) }
    }
    try bench.rename(path, directory + "/cur/" + name)
  }

  @Test func `it is moved there, with what the target's user did to it`() async throws {
    let bench = try await bench()
    try await bench.push()
    try bench.plain.select("INBOX")
    try bench.plain.store("1", "+FLAGS (Theirs)")
    try move(bench, "a", to: "Work")
    try move(bench, "b", to: "Made")
    let appends = try bench.transcript().count { $0.contains(" APPEND ") }
    let report = try await bench.push()
    #expect(report.mailboxes.reduce(0) { $0 + $1.moved } == 2)
    #expect(report.pushed["transferred"] == nil)
    #expect(report.exitStatus == .done)
    #expect(try bench.subjects() == ["c"])
    #expect(try bench.subjects("Work") == ["w", "a"])
    #expect(try bench.subjects("Made") == ["b"])
    #expect(try bench.message("a", in: "Work").flags == ["theirs"])
    #expect(try bench.transcript().count { $0.contains(" APPEND ") } == appends)
    #expect(try await bench.push().pushed == ["present": 4])
    // Its flags follow it.
    try bench.flag("a", "F")
    #expect(try await bench.push().pushed == ["present": 4, "flags": 1])
    #expect(try bench.message("a", in: "Work").flags == ["theirs", "\\flagged"])
  }

  @Test(arguments: [true, false])
  func `keywords that have no letters stay with it`(_ follows: Bool) async throws {
    let bench = try PushBench()
    try bench.source.plain.create("Work")
    let keywords = (0..<30).map { "k\($0)" }
    try bench.source.append("a", flags: keywords)
    try bench.source.append("w", to: "Work")
    try await bench.pull()
    let server = try FakeTarget(FakeTarget.Behaviour.all + (follows ? " MOVE" : ""))
    #expect(try await push(bench, server).pushed == ["transferred": 2])
    try move(bench, "a", to: "Work")
    #expect(try await push(bench, server).pushed["flags"] == nil)
    let there = try #require(server.messages("Work").first { $0.subject == "a" })
    #expect(Set(there.flags) == Set(keywords))
    #expect(!server.lines.contains { $0.contains("-FLAGS") })
  }

  @Test func `a dry run says so and moves nothing`() async throws {
    let bench = try await bench()
    try await bench.push()
    try move(bench, "a", to: "Work")
    let before = try bench.plain.account()
    let archive = try snapshot(bench.archive)
    let report = try await bench.push { $0.dryRun = true }
    #expect(report.pushed["transferred"] == nil)
    #expect(report.mailboxes.reduce(0) { $0 + $1.moved } == 1)
    #expect(try bench.plain.account() == before)
    #expect(changes(archive, try snapshot(bench.archive)) == [])
  }

  @Test func `what was edited on the way is another message, and the old one stays`() async throws {
    let bench = try await bench()
    try await bench.push()
    try move(bench, "a", to: "Work")
    let path = try bench.file("a")
    try writeFile(path, try readFile(path) + "More.\n")
    #expect(try await bench.push().pushed["transferred"] == 1)
    #expect(try bench.subjects() == ["a", "b", "c"])
    #expect(try bench.subjects("Work") == ["w", "a"])
  }

  @Test func `what somebody else put there stays where it is`() async throws {
    let bench = try await bench()
    try bench.plain.append(PullBench.message("a"), to: "INBOX")
    try await bench.push()
    try move(bench, "a", to: "Work")
    #expect(try await bench.push().pushed["transferred"] == 1)
    #expect(try bench.subjects().sorted() == ["a", "b", "c"])
    #expect(try bench.subjects("Work") == ["w", "a"])
  }

  @Test func `killed between the move and its record, nothing is sent again`() async throws {
    let bench = try await bench()
    try await bench.push()
    try move(bench, "a", to: "Work")
    try move(bench, "b", to: "Work")
    let killed = try bench.run(environment: [
      "MAILARC_KILL_AT_STEP": "1",
      "MAILARC_KILL_AT_POINT": "push: moved on the target, not recorded yet",
    ])
    #expect(killed.ending == .killed(signal: SIGKILL))
    #expect(try await bench.push().pushed["transferred"] == nil)
    #expect(try bench.subjects() == ["c"])
    #expect(try bench.subjects("Work") == ["w", "a", "b"])
    #expect(try await bench.push().pushed == ["present": 4])
  }

  @Test func `from a mailbox that the target has no longer`() async throws {
    let bench = try await bench()
    try await bench.push()
    try move(bench, "w", to: "INBOX")
    try bench.source.append("other", to: "Work")
    try await bench.pull()
    try bench.plain.select("INBOX")
    try bench.plain.command("DELETE Work")
    let report = try await bench.push()
    #expect(report.accountFailure == nil)
    #expect(report.pushed["transferred"] == 2)
    #expect(try bench.subjects() == ["a", "b", "c", "w"])
    #expect(try bench.subjects("Work") == ["other"])
  }

  // MARK: Servers in memory

  /// A server that copies first and removes later, as for a connection that is gone meanwhile.
  private final class SlowMove: Sendable {
    private struct State {
      var moves = 0
    }
    private let state = Mutex(State())

    var hasBegun: Bool { state.withLock { $0.moves > 0 } }

    func run(_ server: FakeTarget, from source: String, to destination: String, _ subject: String) {
      guard let message = server.messages(source).first(where: { $0.subject == subject }) else {
        return
      }
      let before = server.lines.count
      let number = state.withLock { state in
        state.moves += 1
        return state.moves
      }
      // Until the next run looks at the mailbox again, or moves the message itself.
      func isOver() -> Bool {
        let asked = server.lines.dropFirst(before).count {
          $0.contains(" STATUS ") && $0.contains(destination)
        }
        return number > 1 || asked >= 2 || state.withLock { $0.moves } > 1
      }
      for _ in 0..<4000 where !isOver() { usleep(5_000) }
      _ = server.store([message], in: destination, collapsing: false)
      server[source]?.messages.removeAll { $0.subject == subject }
    }
  }

  @Test func `what is still being moved for a connection that is gone is not moved twice`()
    async throws
  {
    let bench = try await bench()
    let server = try FakeTarget(FakeTarget.Behaviour.all + " MOVE")
    #expect(try await push(bench, server).pushed == ["transferred": 4])
    try move(bench, "a", to: "Work")
    let slow = SlowMove()
    server.change {
      $0.move = { [weak server] _ in
        if let server { slow.run(server, from: "INBOX", to: "Work", "a") }
        return "OK moved"
      }
    }
    let child = try ChildProcess(
      builtProgram("mailarc"), bench.arguments(["--allow-plaintext"], port: server.port))
    for _ in 0..<4000 where !slow.hasBegun { usleep(5_000) }
    child.signal(SIGKILL)
    #expect(child.wait() == .killed(signal: SIGKILL))
    let report = try await bench.push {
      $0.port = server.port
      $0.settleSeconds = 1
    }
    #expect(report.pushed["transferred"] == nil)
    #expect(server.subjects() == ["b", "c"])
    #expect(server.subjects("Work") == ["w", "a"])
    #expect(try await push(bench, server).pushed == ["present": 4])
  }

  private func push(_ bench: PushBench, _ server: FakeTarget) async throws -> RunReport {
    try await bench.push { $0.port = server.port }
  }

  @Test(arguments: ["UIDPLUS MOVE", "UIDPLUS", "MOVE"])
  func `with and without MOVE, and without COPYUID`(_ capabilities: String) async throws {
    let bench = try await bench()
    let server = try FakeTarget(capabilities + " MULTIAPPEND LITERAL+")
    #expect(try await push(bench, server).pushed == ["transferred": 4])
    try move(bench, "a", to: "Work")
    let moves = capabilities.contains("MOVE")
    #expect(try await push(bench, server).pushed["transferred"] == (moves ? nil : 1))
    #expect(server.subjects("Work") == ["w", "a"])
    #expect(server.subjects() == (moves ? ["b", "c"] : ["a", "b", "c"]))
    #expect(try await push(bench, server).pushed == ["present": 4])
    #expect(server.subjects("Work") == ["w", "a"])
  }

  @Test func `a MOVE that is refused stops nothing`() async throws {
    let bench = try await bench()
    let server = try FakeTarget(FakeTarget.Behaviour.all + " MOVE") {
      $0.move = { _ in "NO [NOPERM] not this one" }
    }
    #expect(try await push(bench, server).pushed == ["transferred": 4])
    try move(bench, "a", to: "Work")
    try bench.drop("new", as: "1600000000.x")
    let report = try await push(bench, server)
    #expect(report.accountFailure == nil)
    #expect(report.pushed["transferred"] == 2)
    #expect(server.subjects() == ["a", "b", "c", "new"])
    #expect(server.subjects("Work") == ["w", "a"])
  }

  @Test func `in a mailbox restored from a backup nobody else's mail is moved`() async throws {
    let bench = try await bench()
    let server = try FakeTarget(FakeTarget.Behaviour.all + " MOVE")
    #expect(try await push(bench, server).pushed == ["transferred": 4])
    // c is gone, and under its UID there is somebody's own mail.
    server["INBOX"]?.messages[2].body = PullBench.message("own")
    try move(bench, "c", to: "Work")
    #expect(try await push(bench, server).accountFailure == nil)
    #expect(server.subjects() == ["a", "b", "own"])
    #expect(server.subjects("Work") == ["w", "c"])
  }

  @Test func `a message with the same header and another body is not moved`() async throws {
    let bench = try await bench()
    let server = try FakeTarget(FakeTarget.Behaviour.all + " MOVE")
    #expect(try await push(bench, server).pushed == ["transferred": 4])
    let theirs = PullBench.message("c") + Array("Their own words.\r\n".utf8)
    server["INBOX"]?.messages[2].body = theirs
    try move(bench, "c", to: "Work")
    #expect(try await push(bench, server).accountFailure == nil)
    #expect(server.messages().map(\.body).contains(theirs))
    #expect(server.subjects("Work") == ["w", "c"])
    #expect(server.messages("Work").map(\.body).contains(PullBench.message("c")))
  }
}
