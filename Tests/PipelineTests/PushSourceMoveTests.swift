import Glibc
import Mail
import Platform
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// What the source moved, and a pull followed in the archive under a new name, is moved on the target.
@Suite(.requiresDovecot) struct PushSourceMoveTests {
  private static let capabilities = FakeTarget.Behaviour.all + " MOVE"

  private func pushed(
    _ messages: [(String, String)] = [("a", "INBOX"), ("b", "INBOX"), ("w", "Work")],
    layout: ArchiveIdentity.Layout? = nil
  ) async throws -> (PushBench, FakeTarget) {
    let bench = try PushBench()
    try bench.source.plain.create("Work")
    for (subject, mailbox) in messages { try bench.source.append(subject, to: mailbox) }
    try await bench.pull(layout: layout)
    let server = try FakeTarget(Self.capabilities)
    let report = try await bench.push(to: server)
    guard report.pushed == ["transferred": messages.count] else {
      throw TestSetupError("\(report.pushed)")
    }
    return (bench, server)
  }

  private func move(_ bench: PushBench, _ uid: Int, to mailbox: String) throws {
    try bench.source.plain.select("INBOX")
    try bench.source.plain.move("\(uid)", to: mailbox)
  }

  private func appends(_ server: FakeTarget) -> Int {
    server.lines.count { $0.contains(" APPEND ") }
  }

  @Test(arguments: [ArchiveIdentity.Layout.maildir, .mbox])
  func `one message`(_ layout: ArchiveIdentity.Layout) async throws {
    let (bench, server) = try await pushed(layout: layout)
    try move(bench, 1, to: "Work")
    try await bench.pull()
    let appends = appends(server)
    let dry = try await bench.push(to: server) { $0.dryRun = true }
    #expect(dry.pushed["transferred"] == nil)
    #expect(dry.mailboxes.reduce(0) { $0 + $1.moved } == 1)
    let report = try await bench.push(to: server)
    #expect(report.pushed == ["present": 3])
    #expect(report.mailboxes.reduce(0) { $0 + $1.moved } == 1)
    #expect(server.subjects() == ["b"])
    #expect(server.subjects("Work") == ["w", "a"])
    #expect(self.appends(server) == appends)
    #expect(try await bench.push(to: server).pushed == ["present": 3])
  }

  @Test func `a mailbox that was renamed there`() async throws {
    let (bench, server) = try await pushed([("a", "INBOX"), ("v", "Work"), ("w", "Work")])
    try bench.source.plain.command("RENAME Work Plans")
    try await bench.pull()
    let report = try await bench.push(to: server)
    #expect(report.pushed == ["present": 3])
    #expect(report.mailboxes.reduce(0) { $0 + $1.moved } == 2)
    #expect(server.subjects("Work") == [])
    #expect(server.subjects("Plans") == ["v", "w"])
    #expect(try await bench.push(to: server).pushed == ["present": 3])
  }

  @Test func `without the records of the pull, by what the files hold`() async throws {
    let (bench, server) = try await pushed()
    try move(bench, 1, to: "Work")
    try await bench.pull()
    try runSuccessfully("/bin/rm", ["-r", bench.archive + "/.mailarc/pull"])
    #expect(try await bench.push(to: server).pushed == ["present": 3])
    #expect(server.subjects("Work") == ["w", "a"])
  }

  @Test func `of two equal ones the one that went`() async throws {
    let (bench, server) = try await pushed([("a", "INBOX"), ("a", "INBOX"), ("w", "Work")])
    try move(bench, 2, to: "Work")
    try await bench.pull()
    #expect(try await bench.push(to: server).pushed == ["present": 3])
    #expect(server.subjects() == ["a"])
    #expect(server.messages().map(\.uid) == [1])
    #expect(server.subjects("Work") == ["w", "a"])
  }

  /// The archive's second copy is one that the target's user deleted there.
  @Test func `not the last one where the archive still has it`() async throws {
    let (bench, server) = try await pushed([("a", "INBOX"), ("a", "INBOX"), ("w", "Work")])
    server["INBOX"]?.messages.removeAll { $0.uid == 1 }
    #expect(try await bench.push(to: server).pushed == ["present": 2, "gone": 1])
    try move(bench, 2, to: "Work")
    try await bench.pull()
    #expect(try await bench.push(to: server).pushed == ["transferred": 1, "present": 2])
    #expect(server.subjects() == ["a"])
    #expect(server.subjects("Work") == ["w", "a"])
  }

  @Test func `not what the server keeps as one for two of the archive`() async throws {
    let bench = try PushBench()
    try bench.source.plain.create("Work")
    for _ in 0..<2 { try bench.source.append("a") }
    try bench.source.append("w", to: "Work")
    try await bench.pull()
    let server = try FakeTarget("UIDPLUS LITERAL+ MOVE " + FakeTarget.Behaviour.noExtras) {
      $0.append = { _ in .collapse }
    }
    #expect(try await bench.push(to: server).pushed["collapsed"] == 1)
    try move(bench, 1, to: "Work")
    try await bench.pull()
    _ = try await bench.push(to: server)
    #expect(server.subjects() == ["a"])
    #expect(server.subjects("Work") == ["w", "a"])
  }

  @Test func `not where the new mailbox has its copy already`() async throws {
    let (bench, server) = try await pushed([("a", "INBOX"), ("w", "Work"), ("a", "Work")])
    // The file of the copy there gets another name, and the one in INBOX is deleted.
    for message in try bench.source.view().messages where message.subject == "a" {
      let path = "\(bench.archive)/\(message.mailbox)/cur/"
      if message.mailbox == "INBOX" {
        unlink(path + message.file)
      } else {
        try bench.rename(path + message.file, path + "1234567890.x:2,S")
      }
    }
    _ = try await bench.push(to: server)
    #expect(server.subjects() == ["a"])
    #expect(server.subjects("Work") == ["w", "a"])
  }

  @Test func `not what was there before mailarc`() async throws {
    let bench = try PushBench()
    try bench.source.plain.create("Work")
    try bench.source.append("a")
    try bench.source.append("w", to: "Work")
    try await bench.pull()
    let server = try FakeTarget(Self.capabilities)
    _ = server.store(
      [.init(uid: 0, flags: [], date: nil, body: PullBench.message("a"))], in: "INBOX",
      collapsing: false)
    #expect(try await bench.push(to: server).pushed == ["transferred": 1, "present": 1])
    try move(bench, 1, to: "Work")
    try await bench.pull()
    #expect(try await bench.push(to: server).pushed["transferred"] == 1)
    #expect(server.subjects() == ["a"])
    #expect(server.subjects("Work") == ["w", "a"])
  }

  @Test func `not what was edited after the pull`() async throws {
    let (bench, server) = try await pushed()
    try move(bench, 1, to: "Work")
    try await bench.pull()
    let path = try bench.file("a")
    try writeFile(path, try readFile(path).replacing("Text of a", with: "Text of A"))
    #expect(try await bench.push(to: server).pushed["transferred"] == 1)
    #expect(server.subjects() == ["a", "b"])
    #expect(server.subjects("Work") == ["w", "a"])
  }
}
