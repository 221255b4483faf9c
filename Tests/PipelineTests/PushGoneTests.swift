import Glibc
import Mail
import TestSupport
import Testing

@testable import Pipeline

/// What is gone on the target, or is another mailbox there by now, and an index that is lost.
@Suite(.requiresDovecot) struct PushGoneTests {
  @Test func `what was deleted on the target stays deleted, unless it is asked for`() async throws {
    let bench = try await PushBench.holding(["one", "two", "three"])
    try await bench.push()
    try bench.expunge(["two"])
    #expect(try await bench.push().pushed == ["present": 2, "gone": 1])
    #expect(try await bench.push().pushed == ["present": 2, "gone": 1])
    #expect(try bench.subjects() == ["one", "three"])
    #expect(try await bench.push { $0.resend = true }.pushed == ["transferred": 1, "present": 2])
    #expect(try bench.subjects() == ["one", "three", "two"])
    #expect(try await bench.push().pushed == ["present": 3])
  }

  @Test func `of twins that were deleted none comes back`() async throws {
    let bench = try await PushBench.holding(["twin", "twin", "twin"])
    try await bench.push()
    try bench.plain.select("INBOX")
    try bench.plain.store("1:2", "+FLAGS (\\Deleted)")
    try bench.plain.expunge()
    #expect(try await bench.push().pushed == ["present": 1, "gone": 2])
    #expect(try bench.subjects() == ["twin"])
    // One of them is put back by hand: it is that one, and no fourth.
    try bench.plain.append(PullBench.message("twin"), to: "INBOX")
    #expect(try await bench.push().pushed == ["present": 2, "gone": 1])
    #expect(try await bench.push { $0.resend = true }.pushed == ["transferred": 1, "present": 2])
    #expect(try bench.subjects().count == 3)
  }

  @Test(arguments: [(20, 10, false), (20, 11, true), (19, 19, false), (30, 30, true)])
  func `a large disappearance is a question`(_ count: Int, _ vanished: Int, _ asks: Bool)
    async throws
  {
    let bench = try await PushBench.holding((0..<count).map { "m\($0)" })
    try await bench.push()
    try bench.expunge(Set((0..<vanished).map { "m\($0)" }))
    let lines = try bench.transcript().count
    let report = try await bench.push()
    #expect(report.questions.count == (asks ? 1 : 0))
    #expect(report.exitStatus == (asks ? .findings : .done))
    #expect(try bench.subjects().count == count - vanished)
    guard asks else { return }
    #expect(try bench.transcript().dropFirst(lines).contains { $0.contains(" APPEND ") } == false)
    // It is asked again until it is answered.
    #expect(try await bench.push().questions.count == 1)
    let accepted = try await bench.push { $0.accept = true }
    #expect(accepted.questions.isEmpty)
    #expect(accepted.pushed["gone"] == vanished)
    #expect(try await bench.push().exitStatus == .done)
    let resent = try await bench.push { $0.resend = true }
    #expect(resent.pushed["transferred"] == vanished)
    #expect(try bench.subjects().count == count)
  }

  @Test func `moved out and back on the target, it is the same message`() async throws {
    let bench = try await PushBench.holding(["one", "two"])
    try await bench.push()
    try bench.plain.create("Elsewhere")
    try bench.plain.select("INBOX")
    try bench.plain.move("1", to: "Elsewhere")
    // The user's own mail comes and goes as well.
    try bench.plain.append(PullBench.message("own"), to: "INBOX")
    #expect(try await bench.push().pushed == ["present": 1, "gone": 1])
    try bench.expunge(["own"])
    #expect(try await bench.push().pushed == ["present": 1, "gone": 1])
    try bench.plain.select("Elsewhere")
    try bench.plain.move("1", to: "INBOX")
    #expect(try await bench.push().pushed == ["present": 2])
    #expect(try bench.subjects() == ["two", "one"])
    // Its flags follow again.
    try bench.flag("one", "F")
    #expect(try await bench.push().pushed == ["present": 2, "flags": 1])
    #expect(try bench.message("one").flags == ["\\flagged"])
  }

  @Test func `moved out and back between two runs, it was never gone`() async throws {
    let bench = try await PushBench.holding(["one", "two"])
    try await bench.push()
    try bench.plain.create("Elsewhere")
    for (from, to) in [("INBOX", "Elsewhere"), ("Elsewhere", "INBOX")] {
      try bench.plain.select(from)
      try bench.plain.move("1", to: to)
    }
    #expect(try await bench.push().pushed == ["present": 2])
    #expect(try bench.subjects() == ["two", "one"])
    try bench.flag("one", "F")
    #expect(try await bench.push { $0.resend = true }.pushed == ["present": 2, "flags": 1])
    #expect(try bench.message("one").flags == ["\\flagged"])
    #expect(try bench.subjects() == ["two", "one"])
  }

  // MARK: Another mailbox under the same name

  @Test func `a mailbox made anew on the target is matched anew`() async throws {
    let bench = try PushBench()
    try bench.source.plain.create("Work")
    for subject in ["a", "b", "twin", "twin"] { try bench.source.append(subject, to: "Work") }
    try await bench.pull()
    try await bench.push()
    // As a server that was moved would: everything is there, under other UIDs, less one message.
    let bodies = try bench.plain.messages(in: "Work").filter { $0.subject != "b" }
    try bench.plain.select("INBOX")
    try bench.plain.command("DELETE Work")
    try bench.plain.create("Work")
    for message in bodies.reversed() { try bench.plain.append(message.body, to: "Work") }
    let report = try await bench.push()
    #expect(report.pushed == ["present": 3, "gone": 1])
    #expect(try bench.subjects("Work") == ["twin", "twin", "a"])
    #expect(try await bench.push().pushed == ["present": 3, "gone": 1])
    #expect(try await bench.push { $0.resend = true }.pushed == ["transferred": 1, "present": 3])
    #expect(try bench.subjects("Work") == ["twin", "twin", "a", "b"])
  }

  @Test func `a small mailbox made anew and empty is a question too`() async throws {
    let bench = try PushBench()
    try bench.source.plain.create("Work")
    for subject in ["a", "b", "c"] { try bench.source.append(subject, to: "Work") }
    try await bench.pull()
    try await bench.push()
    try bench.plain.select("INBOX")
    try bench.plain.command("DELETE Work")
    let report = try await bench.push()
    #expect(report.questions.map { $0.text.contains("lacks 3 of 3 messages") } == [true])
    #expect(report.exitStatus == .findings)
    #expect(try await bench.push().questions.count == 1)
    #expect(try await bench.push { $0.resend = true }.pushed["transferred"] == 3)
    #expect(try bench.subjects("Work") == ["a", "b", "c"])
    #expect(try await bench.push().pushed == ["present": 3])
  }

  @Test func `a mailbox made anew under the same UIDVALIDITY is seen by its UIDNEXT`() async throws
  {
    let bench = try await PushBench.holding(["a", "b", "c"])
    let server = try FakeTarget(FakeTarget.Behaviour.all)
    #expect(try await bench.push { $0.port = server.port }.pushed == ["transferred": 3])
    server["INBOX"] = FakeTarget.Mailbox()
    #expect(try await bench.push { $0.port = server.port }.questions.count == 1)
  }

  /// A server restored from a backup, on which so many new messages came since.
  @Test(arguments: [0, 1, 2, 5])
  func `a mailbox restored from a backup is matched anew`(_ newcomers: Int) async throws {
    let bench = try await PushBench.holding(["a", "b", "c", "d"])
    let server = try FakeTarget(FakeTarget.Behaviour.all)
    let push = { (resend: Bool) async throws -> RunReport in
      try await bench.push {
        $0.port = server.port
        $0.resend = resend
        // With two newcomers its status is what it was.
        $0.full = true
      }
    }
    #expect(try await push(false).pushed == ["transferred": 4])
    var mailbox = try #require(server["INBOX"])
    mailbox.messages.removeLast(2)
    for uid in 3..<UInt32(3 + newcomers) {
      // Under UIDs that stood for what was pushed.
      mailbox.messages.append(
        FakeTarget.Message(uid: uid, flags: [], body: PullBench.message("own \(uid)")))
    }
    mailbox.uidNext = UInt32(3 + newcomers)
    server["INBOX"] = mailbox
    #expect(try await push(false).pushed == ["present": 2, "gone": 2])
    try bench.flag("c", "F")
    #expect(try await push(false).pushed == ["present": 2, "gone": 2])
    #expect(server.messages().map(\.flags).filter { !$0.isEmpty } == [])
    #expect(try await push(true).pushed == ["transferred": 2, "present": 2])
    #expect(Array(server.subjects().suffix(2)) == ["c", "d"])
    #expect(server.messages().count == 4 + newcomers)
    #expect(try await push(false).pushed == ["present": 4])
  }

  @Test(arguments: [0, 2, 4, 6, 8])
  func `one message in the middle that is another one tells that the mailbox is`(_ place: Int)
    async throws
  {
    let bench = try await PushBench.holding((0..<9).map { "m\($0)" })
    let server = try FakeTarget(FakeTarget.Behaviour.all)
    #expect(try await bench.push(to: server).pushed == ["transferred": 9])
    // UIDVALIDITY, UIDNEXT and the number of messages are what they were.
    server["INBOX"]?.messages[place].body = PullBench.message("somebody's own")
    let report = try await bench.push(to: server) { $0.full = true }
    #expect(report.pushed == ["present": 8, "gone": 1])
    try bench.flag("m\(place)", "F")
    #expect(try await bench.push(to: server).pushed == ["present": 8, "gone": 1])
    #expect(server.messages().allSatisfy { $0.flags == [] })
  }

  @Test func `a damaged index costs time, and nothing comes twice`() async throws {
    let bench = try await PushBench.holding(["a", "b", "c", "twin", "twin"])
    try await bench.push()
    let directory = bench.archive + "/.mailarc/push/" + bench.identity
    // The index of a mailbox is named by its key.
    for name in try listDirectory(directory) where name.utf8.count == 24 {
      // A letter in the middle of the second message's record.
      var bytes = try readBytes(directory + "/" + name)
      let line = bytes.split(separator: 10)[4]
      bytes[line.startIndex + 20] ^= 1
      try writeBytes(directory + "/" + name, bytes)
    }
    try bench.drop("new", as: "1600000000.x")
    let report = try await bench.push()
    #expect(report.pushed == ["transferred": 1, "present": 5])
    #expect(try bench.subjects().sorted() == ["a", "b", "c", "new", "twin", "twin"])
  }

  @Test func `without its index a push copies nothing again`() async throws {
    let bench = try await PushBench.holding(["a", "b", "twin", "twin"])
    try await bench.push()
    try runSuccessfully("/bin/rm", ["-r", bench.archive + "/.mailarc/push"])
    #expect(try await bench.push().pushed == ["present": 4])
    #expect(try bench.subjects() == ["a", "b", "twin", "twin"])
  }

  @Test func `a mailbox that is passed over is reported as it was when it was looked at`()
    async throws
  {
    let bench = try await PushBench.holding(["one", "two"])
    try bench.plain.append(PullBench.message("own"), to: "INBOX")
    try await bench.push()
    try bench.expunge(["one"])
    // Old enough that the archive's stamp counts.
    usleep(2_100_000)
    #expect(try await bench.push().pushed == ["present": 1, "gone": 1])
    let skipped = try await bench.push()
    #expect(skipped.mailboxes.map(\.skipped) == [true])
    #expect(skipped.pushed == ["present": 1, "gone": 1])
  }
}
