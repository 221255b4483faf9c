import FoundationEssentials
import Glibc
import Journals
import Mail
import Synchronization
import TestSupport
import Testing

@testable import Pipeline

/// What the program says and with which status it ends.
@Suite(.requiresDovecot) struct PushProgramTests {
  private func mailarc(_ arguments: [String]) throws -> ProcessResult {
    try runProcess(builtProgram("mailarc"), arguments)
  }

  @Test func `a push, and a second one that moves nothing`() async throws {
    let bench = try await PushBench.holding(["one", "two"])
    let first = try bench.run()
    #expect(first.status == 0, "\(first.errors)")
    let second = try bench.run()
    #expect(second.status == 0, "\(second.errors)")
    let dry = try bench.run(["--dry-run"])
    #expect(dry.status == 0)
    #expect(try bench.subjects() == ["one", "two"])
    #expect((first.output + first.errors).contains("2 messages"))
    #expect(!(second.output + second.errors).contains("2 messages transferred"))
  }

  /// The members of JSON events that these tests look at.
  private struct Event: Decodable {
    var event: String?
    var type: String?
    var transferred: Int?
    var already_present: Int?
    var messages_failed: Int?
    var exit_status: Int?
    var reason: String?
    var name: String { event ?? type ?? "" }
  }

  private func events(_ text: String) throws -> [Event] {
    try text.split(separator: "\n").map {
      try JSONDecoder().decode(Event.self, from: Data($0.utf8))
    }
  }

  @Test func `events for programs`() async throws {
    // A message without a single octet is one that Dovecot refuses.
    let bench = try await PushBench.holding(["one", "two"])
    try writeFile(bench.archive + "/INBOX/cur/1600000000.x:2,", "")
    let result = try bench.run(["--json"])
    #expect(result.status == 1)
    let lines = try events(result.output)
    #expect(lines.first?.name == "start")
    #expect(lines.last?.name == "summary")
    #expect(lines.last?.transferred == 2)
    #expect(lines.last?.messages_failed == 1)
    #expect(lines.last?.exit_status == 1)
    #expect(lines.contains { $0.reason?.contains("refused") == true })
    let again = try events(try bench.run(["--json"]).output)
    #expect(again.last?.transferred == 0)
    #expect(again.last?.already_present == 2)
    #expect(again.last?.messages_failed == 1)
    #expect(try bench.subjects() == ["one", "two"])
  }

  @Test func `what was removed and which dates were fixed`() async throws {
    let bench = try await PushBench.dropping(["a", "b", "c"])
    #expect(try bench.run().status == 0)
    try bench.delete("a")
    try setModificationTime(try bench.file("b"), 1_200_000_000)
    let options = ["--prune", "--fix-dates", "--prune-limit", "50"]
    let dry = try bench.run(options + ["--dry-run"])
    #expect(dry.output.contains("remove  INBOX  UID 1  1600000000.x\n"))
    #expect(
      dry.output.contains(
        "2020-09-13 12:26:40 UTC, in the archive 2008-01-10 21:20:00 UTC\n"))
    #expect(dry.output.hasSuffix("Would remove 1 message, would fix the date of 1 message.\n"))
    let done = try bench.run(options)
    #expect(done.status == 0, "\(done.errors)")
    #expect(done.output.hasSuffix("1 message removed, the date of 1 message fixed.\n"))
    #expect(try bench.subjects() == ["c", "b"])
    for wrong in [["--prune-limit", "20"], ["--prune", "--prune-limit", "0"]] {
      #expect(try bench.run(wrong).status == 64)
    }
  }

  @Test func `the source is refused as the target`() async throws {
    let bench = try await PushBench.holding(["one"])
    let source = bench.source
    let url = "imap://\(source.user)@127.0.0.1:\(source.server.imapPort)"
    let result = try mailarc([
      "push", bench.archive, url, "--tls-ca", source.server.caFile, "--password-file",
      source.directory.file("password"),
    ])
    #expect(result.status == 64)
    #expect(result.errors.contains("from which this archive was pulled"))
    #expect(try source.plain.messages(in: "INBOX").count == 1)
  }

  @Test func `a directory that is no archive, and none at all`() async throws {
    let bench = try await PushBench.holding(["one"])
    let plain = try TemporaryDirectory()
    for path in [plain.path, plain.file("missing")] {
      let result = try mailarc(bench.arguments(archive: path))
      #expect(result.status == 65)
      #expect(result.errors.contains(path))
    }
    #expect(try listDirectory(plain.path) == [])
  }

  @Test func `an archive of a newer format`() async throws {
    let bench = try await PushBench.holding(["one"])
    let path = bench.archive + "/.mailarc/archive"
    let text = try readFile(path)
    let first = try #require(text.split(separator: "\n").first)
    try writeFile(path, text.replacing(first, with: first.dropLast() + "9"))
    let result = try bench.run()
    #expect(result.status == 65)
    #expect(try bench.subjects() == [])
  }

  @Test(arguments: ["push", "pull"])
  func `a journal of a newer format`(_ kind: String) async throws {
    let bench = try await PushBench.holding(["one"])
    #expect(try bench.run().status == 0)
    let state = bench.archive + "/.mailarc/" + kind
    let directory = kind == "pull" ? state : state + "/" + (try listDirectory(state)[0])
    let journals = try listDirectory(directory).filter { $0.hasSuffix(".journal") }
    #expect(journals.count > 1)
    try bench.drop("new", as: "1234567890.new")
    try bench.source.append("new")
    for name in journals {
      let path = directory + "/" + name
      let old = try readBytes(path)
      let header = try #require(JournalRecord(line: old.prefix { $0 != .lineFeed }))
      try writeBytes(path, JournalRecord(header.kind, ["2"] + header.fields.dropFirst()).line)
      let result = try kind == "pull" ? bench.source.run() : bench.run()
      #expect(result.status == 65, "\(name): \(result.errors)")
      #expect(try bench.subjects() == ["one"])
      #expect(try bench.source.view().messages.count { $0.subject == "new" } == 1)
      try writeBytes(path, old)
    }
  }

  @Test func `a wrong password is tried once`() async throws {
    let bench = try await PushBench.holding(["one"])
    try writeFile(bench.source.directory.file("password"), "wrong\n")
    let result = try bench.run()
    #expect(result.status == 77)
    #expect(result.errors.contains("Check user name and password"))
    // The server writes it down when the connection is over, and may take its time.
    for _ in 0..<3000 where failedLogins(bench).isEmpty {
      try await Task.sleep(for: .milliseconds(10))
    }
    #expect(failedLogins(bench).count == 1)
  }

  private func failedLogins(_ bench: PushBench) -> [Substring] {
    bench.server.log.split(separator: "\n").filter {
      $0.contains("auth failed") && $0.contains("<\(bench.user)>")
    }
  }

  @Test func `a certificate that is not trusted, and a port where nobody listens`() async throws {
    let bench = try await PushBench.holding(["one"])
    let arguments = bench.arguments().filter { $0 != "--tls-ca" && $0 != bench.server.caFile }
    #expect(try mailarc(arguments).status == 78)
    let port = try freePorts(1)[0]
    let refused = try mailarc(bench.arguments(port: port))
    #expect(refused.status == 69)
    #expect(refused.errors.contains("\(port)"))
  }

  @Test func `an archive that another run holds`() async throws {
    let bench = try await PushBench.holding(["one"])
    let descriptor = open(bench.archive + "/.mailarc/lock", O_RDWR | O_CLOEXEC)
    #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    #expect(try bench.run().status == 75)
    // A child that another test starts just now may have it, too.
    flock(descriptor, LOCK_UN)
    close(descriptor)
    #expect(try bench.run().status == 0)
  }

  @Test func `a server that takes few connections at a time is not waited for`() async throws {
    var configuration = DovecotConfiguration.usual
    configuration.extra = ["mail_max_userip_connections = 2"]
    let server = try Dovecot.start(configuration)
    // One connection is the independent client's.
    let bench = try PushBench(on: server)
    let names = (0..<5).map { "M\($0)" }
    for name in names {
      try bench.source.plain.create(name)
      try bench.source.append("in \(name)", to: name)
    }
    try await bench.pull()
    let proxy = try RecordingProxy(to: server.imapPort)
    let result = try mailarc(bench.arguments(["--connections", "4"], port: proxy.port))
    #expect(result.status == 0, "\(result.errors)")
    // Each of the three further ones is tried once.
    #expect(proxy.recordings.count == 4)
    for name in names { #expect(try bench.subjects(name) == ["in \(name)"]) }
    withExtendedLifetime(server) {}
  }

  /// Where a server takes two connections, a message of a second mailbox arrives before the first one
  /// is answered.
  @Test(arguments: [1, 2, 4])
  func `as many connections are used as the server takes`(_ most: Int) async throws {
    let names = (0..<5).map { "M\($0)" }
    let bench = try PushBench()
    for name in names {
      try bench.source.plain.create(name)
      try bench.source.append("in \(name)", to: name)
    }
    try await bench.pull()
    let begun = Mutex<Set<String>>([])
    let met = Mutex<Set<Bool>>([])
    let server = try FakeTarget(FakeTarget.Behaviour.all) {
      $0.mostConnections = most
      $0.append = { append in
        begun.withLock { _ = $0.insert(append.mailbox) }
        for _ in 0..<3000 where begun.withLock({ $0.count }) < most { usleep(5_000) }
        let count = begun.withLock { $0.count }
        met.withLock { _ = $0.insert(count >= most) }
        return .store
      }
    }
    let report = try await bench.push {
      $0.port = server.port
      $0.connections = 4
    }
    #expect(report.pushed == ["transferred": 5])
    let haveMet = met.withLock { $0 }
    #expect(haveMet == [true])
    #expect((most...4).contains(server.connections))
    for name in names { #expect(server.subjects(name) == ["in \(name)"]) }
  }

  /// The limits, in blocks, strike at the first intents, in the middle, and at confirmations.
  @Test(arguments: [1, 20, 60, 100])
  func `a disk that is full stops the run, and the next one goes on`(_ blocks: Int) async throws {
    let bench = try PushBench()
    try await bench.pull()
    let subjects = (0..<450).map { "m\($0 % 430)" }
    for (index, subject) in subjects.enumerated() {
      try bench.drop(subject, as: "\(1_600_000_000 + index).x")
    }
    let server = try FakeTarget(FakeTarget.Behaviour.all)
    let full = try runProcess(
      "/bin/sh",
      ["-c", "ulimit -f \(blocks); exec \"$0\" \"$@\"", builtProgram("mailarc")]
        + bench.arguments(["--allow-plaintext"], port: server.port))
    #expect(full.status == 74, "\(full.errors)")
    #expect(full.errors.contains(".mailarc/push"))
    #expect(server.subjects().count < 450)
    let report = try await bench.push { $0.port = server.port }
    #expect(report.exitStatus == .done)
    #expect(server.subjects().sorted() == subjects.sorted())
  }

  @Test func `stopped by a signal in the middle, the next run goes on`() async throws {
    let bench = try PushBench()
    try await bench.pull()
    for index in 0..<30 { try bench.drop("m\(index)", as: "\(1_600_000_000 + index).x") }
    // The server keeps the client waiting for its first literal.
    let server = try FakeTarget("UIDPLUS MULTIAPPEND UNSELECT ESEARCH") {
      $0.literal = { _ in
        usleep(300_000)
        return nil
      }
    }
    let child = try ChildProcess(
      builtProgram("mailarc"),
      bench.arguments(["--allow-plaintext", "--connections", "1"], port: server.port))
    for _ in 0..<2_000 where server.appends == 0 { usleep(5_000) }
    child.signal(SIGTERM)
    #expect(child.wait() == .exited(143))
    #expect(server.subjects().isEmpty)
    server.change { $0.literal = { _ in nil } }
    let report = try await bench.push { $0.port = server.port }
    #expect(report.pushed == ["transferred": 30])
    #expect(server.subjects() == (0..<30).map { "m\($0)" })
  }
}
