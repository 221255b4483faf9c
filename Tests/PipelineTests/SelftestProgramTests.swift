import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// A selftest as a person runs it: what it says, what it leaves, and that it finds what is wrong.
@Suite(.requiresDovecot) struct SelftestProgramTests {
  /// An account, and a place for temporary files that nobody else uses.
  private final class Bench {
    let push: PushBench
    let temporary: TemporaryDirectory
    let variables: [String: String]

    init(on server: Dovecot? = nil) throws {
      push = try PushBench(on: server)
      temporary = try TemporaryDirectory()
      variables = ["TMPDIR": temporary.path, "MAILARC_SETTLE_SECONDS": "0.3"]
    }

    func arguments(_ more: [String]) -> [String] {
      ["selftest"] + push.arguments(more).dropFirst(2)
    }

    func run(_ more: [String]) throws -> ProcessResult {
      try runProcess(builtProgram("mailarc"), arguments(more), environment: variables)
    }

    /// A selftest of another server, which offers no encryption.
    func run(on server: FakeTarget, _ more: [String]) throws -> ProcessResult {
      try runProcess(
        builtProgram("mailarc"),
        [
          "selftest", "imap://u@127.0.0.1:\(server.port)", "--allow-plaintext", "--password-file",
          push.source.directory.file("password"),
        ] + more, environment: variables)
    }

    var leftFiles: [String] { get throws { try listDirectory(temporary.path) } }
    var mailboxes: [String] { get throws { try push.plain.list().map(\.name).sorted() } }
  }

  @Test func `nothing is lost or doubled, and nothing is left`() throws {
    let bench = try Bench()
    try bench.push.plain.append(PullBench.message("own"), to: "INBOX")
    let before = try bench.push.plain.account()
    let result = try bench.run(["--kills", "6", "--message-count", "20", "--seed", "2"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output == "6 kills: 0 lost, 0 doubled\n")
    #expect(result.errors.contains("round 1: killed at step "))
    #expect(result.errors.contains(" ms of sending ("))
    #expect(try bench.push.plain.account() == before)
    #expect(try bench.leftFiles == [])
    let subscriptions = try? readFile(
      bench.push.server.mailDirectory(of: bench.push.user) + "/subscriptions")
    #expect(subscriptions?.contains("selftest") != true)
    // Own mailboxes are not even opened.
    let opened = try bench.push.transcript().filter {
      $0.contains(" SELECT ") || $0.contains(" EXAMINE ")
    }
    #expect(!opened.isEmpty)
    #expect(opened.allSatisfy { $0.contains("mailarc-selftest-") }, "\(opened)")
  }

  private struct Event: Decodable {
    var type: String
    var kind: String?
    var kills: Int?
    var lost: Int?
    var doubled: Int?
    var mailbox: String?
    var archive: String?
    var exit_status: Int?
  }

  private func events(_ result: ProcessResult) throws -> [Event] {
    try result.output.split(separator: "\n").map {
      try JSONDecoder().decode(Event.self, from: Data($0.utf8))
    }
  }

  @Test func `events for programs, with the password from the environment`() throws {
    let bench = try Bench()
    let arguments = bench.arguments(["--kills", "2", "--message-count", "4", "--json"])
    let file = try #require(arguments.firstIndex(of: "--password-file"))
    let without = Array(arguments[..<file] + arguments[(file + 2)...])
    let result = try runProcess(
      builtProgram("mailarc"), without,
      environment: bench.variables.merging(["MAILARC_PASSWORD": "secret"]) { $1 })
    #expect(result.status == 0, "\(result.errors)")
    let events = try events(result)
    #expect(events.first?.type == "start")
    #expect(events.count { $0.type == "round" } >= 2)
    let last = try #require(events.last)
    #expect(last.type == "summary")
    #expect([last.kills, last.lost, last.doubled, last.exit_status] == [2, 0, 0, 0])
    #expect(last.mailbox == nil && last.archive == nil)
  }

  @Test func `a server that says it took a message and did not is found out`() throws {
    let bench = try Bench()
    let server = try FakeTarget(FakeTarget.Behaviour.all) {
      $0.append = { append in
        append.messages.count < 3
          ? .store : .say("OK taken", keep: append.messages.count - 1)
      }
    }
    let result = try bench.run(
      on: server, ["--kills", "9", "--message-count", "60", "--seed", "1"])
    try expectFound("lost", server, bench, result)
  }

  @Test func `a message that comes twice is found out`() throws {
    let bench = try Bench()
    let server = try FakeTarget(FakeTarget.Behaviour.all)
    server.change {
      $0.append = { [weak server] append in
        if append.messages.count >= 3, append.mailbox.hasPrefix("mailarc-selftest-") {
          _ = server?.store(
            Array(append.messages.suffix(1)), in: append.mailbox, collapsing: false)
        }
        return .store
      }
    }
    let result = try bench.run(
      on: server, ["--kills", "9", "--message-count", "60", "--seed", "1", "--json"])
    try expectFound("doubled", server, bench, result)
    let found = try events(result).filter { $0.type == "finding" }
    #expect(found.contains { $0.kind == "doubled" })
  }

  /// Something was found: the exit status says so, and what there is to look at is there and named.
  private func expectFound(
    _ what: String, _ server: FakeTarget, _ bench: Bench, _ result: ProcessResult
  ) throws {
    #expect(result.status == 1, "\(result.output)\(result.errors)")
    let kept = server.mailboxes.keys.filter { $0.hasPrefix("mailarc-selftest-") }
    #expect(kept.count == 1)
    #expect(result.output.contains(kept.first ?? "?"))
    let directory = try #require(try bench.leftFiles.first)
    let archive = bench.temporary.path + "/" + directory + "/archive"
    #expect(access(archive + "/.mailarc/archive", F_OK) == 0)
    #expect(result.output.contains(archive))
    #expect(!result.output.contains("0 \(what)"))
    #expect(result.output.contains(what))
  }

  @Test func `a refused password is tried once, and nothing is made`() throws {
    let bench = try Bench()
    try writeFile(bench.push.source.directory.file("password"), "wrong\n")
    let result = try bench.run([])
    #expect(result.status == 77)
    #expect(result.errors.contains("Check user name and password"))
    #expect(try bench.mailboxes == ["INBOX"])
    #expect(try bench.leftFiles == [])
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func `stopped by a signal it leaves nothing`(_ signal: Int32) throws {
    let bench = try Bench()
    let child = try ChildProcess(
      builtProgram("mailarc"), bench.arguments(["--kills", "500"]), environment: bench.variables)
    var rounds = 0
    while rounds < 2, child.poll() == nil {
      let text = String(decoding: child.standardError, as: UTF8.self)
      rounds = text.split(separator: "\n").count { $0.hasPrefix("round ") }
      usleep(10_000)
    }
    child.signal(signal)
    #expect(child.wait() == .exited(128 + signal))
    #expect(String(decoding: child.standardError, as: UTF8.self).contains("stopped by SIG"))
    #expect(try bench.mailboxes.filter { $0.contains("selftest") } == [])
    #expect(try bench.leftFiles == [])
  }

  @Test func `what an earlier one left is named and not removed`() throws {
    let bench = try Bench()
    try bench.push.plain.create("mailarc-selftest-old")
    let left = bench.temporary.file("mailarc-selftest.aBcDeF")
    try makeDirectory(left)
    let result = try bench.run(["--kills", "1", "--message-count", "2"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("the mailbox mailarc-selftest-old is there"))
    #expect(result.errors.contains("the directory \(left) is there"))
    #expect(try bench.leftFiles == ["mailarc-selftest.aBcDeF"])
    #expect(try bench.mailboxes.filter { $0.contains("selftest") } == ["mailarc-selftest-old"])
  }

  @Test func `where names have a prefix the mailbox is made and removed below it`() throws {
    let server = try Dovecot.start(.prefixed)
    let bench = try Bench(on: server)
    try bench.push.plain.create("INBOX.mailarc-selftest-old")
    let result = try bench.run(["--kills", "1", "--message-count", "2"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("the scratch mailbox INBOX.mailarc-selftest-"))
    #expect(result.errors.contains("the mailbox INBOX.mailarc-selftest-old is there"))
    #expect(
      try bench.mailboxes.filter { $0.contains("selftest") } == ["INBOX.mailarc-selftest-old"])
    withExtendedLifetime(server) {}
  }

  @Test func `a mailbox that can't be removed is named`() throws {
    let bench = try Bench()
    let server = try FakeTarget(FakeTarget.Behaviour.all) { $0.deletes = false }
    let result = try bench.run(on: server, ["--kills", "1", "--message-count", "2"])
    #expect(result.status == 1, "\(result.errors)")
    let name = try #require(server.mailboxes.keys.first { $0.hasPrefix("mailarc-selftest-") })
    #expect(result.errors.contains("the mailbox \(name) could not be removed: DELETE was refused"))
    #expect(result.errors.contains("hint: Delete it"))
    #expect(result.output.hasSuffix("1 kill: 0 lost, 0 doubled\n"))
    #expect(try bench.leftFiles == [])
  }
}
