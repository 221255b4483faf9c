import Glibc
import Mail
import TestSupport
import Testing

@testable import Pipeline

/// What the target holds already is recognised, and what its user did there stays.
@Suite(.requiresDovecot) struct PushAgainTests {
  // MARK: Put there by another program

  @Test func `only what another program did not bring is sent`() async throws {
    let bench = try await PushBench.holding(["a", "b", "c", "twin", "twin"])
    try bench.flag("a", "F")
    for subject in ["b", "a", "twin"] {
      try bench.plain.append(
        PullBench.message(subject), to: "INBOX", flags: ["\\Seen", "Theirs"], date: 1_000_000_000)
    }
    let report = try await bench.push()
    #expect(report.pushed == ["transferred": 2, "present": 3, "flags": 1])
    #expect(try bench.subjects() == ["b", "a", "twin", "c", "twin"])
    // What the archive has is there, and what was there stays.
    #expect(try bench.message("a").flags == ["\\seen", "\\flagged", "theirs"])
    #expect(try bench.message("b").flags == ["\\seen", "theirs"])
    #expect(try bench.message("a").date == 1_000_000_000)
    #expect(try await bench.push().pushed == ["present": 5])
  }

  @Test(arguments: [(1, 2), (2, 2), (3, 3), (0, 2)])
  func `twins are counted`(_ there: Int, _ afterwards: Int) async throws {
    let bench = try await PushBench.holding(["twin", "twin"])
    for _ in 0..<there { try bench.plain.append(PullBench.message("twin"), to: "INBOX") }
    try await bench.push()
    #expect(try bench.subjects() == Array(repeating: "twin", count: afterwards))
    let again = try await bench.push()
    #expect(again.pushed == ["present": 2])
    #expect(try bench.subjects().count == afterwards)
  }

  @Test func `different messages with one Message-ID are both there`() async throws {
    let bench = try PushBench()
    let one = message("same", "One text.")
    let other = message("same", "And another one.")
    // The same key and the same size, and yet another text.
    let third = message("same", "Two text.")
    for body in [one, other, third] { try bench.source.plain.append(body, to: "INBOX") }
    try await bench.pull()
    try bench.plain.append(third, to: "INBOX")
    #expect(try await bench.push().pushed == ["transferred": 2, "present": 1])
    #expect(try bench.plain.messages(in: "INBOX").map(\.body) == [third, one, other])
    #expect(try await bench.push().pushed == ["present": 3])
  }

  @Test func `an edited file is not taken for the message that it was`() async throws {
    let bench = try await PushBench.holding(["one"])
    let path = try bench.file("one")
    // As long as before, so that only its text tells.
    let text = try readFile(path).replacing("Text of one.", with: "TEXT of one.")
    try writeFile(path, text)
    try bench.plain.append(PullBench.message("one"), to: "INBOX")
    let report = try await bench.push { $0.full = true }
    #expect(report.pushed == ["transferred": 1])
    #expect(try bench.plain.messages(in: "INBOX").count == 2)
    #expect(try await bench.push { $0.full = true }.pushed == ["present": 1])
  }

  @Test func `what came to the target before the archive is found later as well`() async throws {
    let bench = try await PushBench.holding(["one"])
    try bench.plain.append(PullBench.message("later"), to: "INBOX")
    #expect(try await bench.push().pushed == ["transferred": 1])
    try bench.source.append("later")
    try await bench.pull()
    #expect(try await bench.push().pushed == ["present": 2])
    #expect(try bench.subjects() == ["later", "one"])
  }

  private func message(_ id: String, _ text: String) -> [UInt8] {
    Array(
      ("From: a@example.org\r\nSubject: \(id)\r\nMessage-ID: <\(id)@example.org>\r\n"
        + "Date: Mon, 05 Jan 2015 10:00:00 +0900\r\n\r\n\(text)\r\n").utf8)
  }

  // MARK: Flags

  @Test func `flags changed in the archive arrive, and flags set on the target stay`()
    async throws
  {
    let bench = try PushBench()
    try bench.source.append("one", flags: ["\\Seen", "Old"])
    try bench.source.append("two", flags: ["\\Flagged"])
    try await bench.pull()
    try await bench.push()
    try bench.plain.select("INBOX")
    try bench.plain.store("1", "+FLAGS (Theirs \\Answered)")
    try bench.plain.store("2", "-FLAGS (\\Flagged)")
    // Seen and Old go, Draft comes.
    try bench.flag("one", "D")
    let report = try await bench.push()
    #expect(report.pushed == ["present": 2, "flags": 1])
    #expect(try bench.message("one").flags == ["\\answered", "\\draft", "theirs"])
    #expect(try bench.message("two").flags == [])
    let lines = try bench.transcript().filter { $0.contains(" STORE ") }
    #expect(lines.count == 2)
    let deltas = lines.filter { $0.contains(" +FLAGS") || $0.contains(" -FLAGS") }
    #expect(deltas == lines)
    #expect(try await bench.push().pushed == ["present": 2])
  }

  @Test func `of twins each keeps its own flags`() async throws {
    let bench = try PushBench()
    try bench.source.append("twin", flags: ["\\Flagged"])
    try bench.source.append("twin", flags: ["\\Draft"])
    try await bench.pull()
    try await bench.push()
    #expect(try bench.plain.messages(in: "INBOX").map(\.flags) == [["\\flagged"], ["\\draft"]])
    let files = try bench.source.view().messages.map(\.file)
    let inbox = bench.archive + "/INBOX/cur/"
    try bench.rename(inbox + files[0], inbox + files[0].replacing(":2,F", with: ":2,FS"))
    #expect(try await bench.push().pushed == ["present": 2, "flags": 1])
    #expect(
      try bench.plain.messages(in: "INBOX").map(\.flags) == [["\\flagged", "\\seen"], ["\\draft"]])
  }

  @Test func `marks of deletion are pushed on request only`() async throws {
    let bench = try PushBench()
    try bench.source.append("one", flags: ["\\Deleted", "\\Seen"])
    try await bench.pull()
    try await bench.push()
    #expect(try bench.message("one").flags == ["\\seen"])
    let report = try await bench.push { $0.withDeleted = true }
    #expect(report.pushed == ["present": 1, "flags": 1])
    #expect(try bench.message("one").flags == ["\\seen", "\\deleted"])
    // Without the option nothing is taken away again either.
    #expect(try await bench.push().pushed == ["present": 1])
    #expect(try bench.message("one").flags == ["\\seen", "\\deleted"])
  }

  @Test func `a keyword that the server refuses costs the keyword only`() async throws {
    // Dovecot takes no keyword that is longer than 50 octets.
    let keyword = String(repeating: "k", count: 60)
    let bench = try await PushBench.holding(["one", "two"])
    try writeFile(bench.archive + "/INBOX/dovecot-keywords", "0 \(keyword)\n1 short\n")
    try bench.flag("one", "Sab")
    let report = try await bench.push()
    #expect(report.pushed == ["transferred": 2])
    #expect(report.notices.map(\.kind) == [.flagsNotKept])
    #expect(try bench.subjects().sorted() == ["one", "two"])
    #expect(try bench.message("one").flags.isSuperset(of: ["\\seen"]))
    // Later on it comes as a change of flags, which is refused too.
    let again = try await bench.push()
    #expect(again.mailboxFailures == [])
    #expect(again.pushed["transferred"] == nil)
    try bench.flag("two", "Fa")
    let third = try await bench.push()
    #expect(third.mailboxFailures == [])
    #expect(third.notices.contains { $0.kind == .flagsNotKept })
    #expect(try bench.message("two").flags == ["\\flagged"])
    #expect(try await bench.push().mailboxFailures == [])
  }

  // MARK: Gone on the target

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

  @Test func `a damaged index costs time, and nothing comes twice`() async throws {
    let bench = try await PushBench.holding(["a", "b", "c", "twin", "twin"])
    try await bench.push()
    let directory = bench.archive + "/.mailarc/push/" + bench.identity
    for name in try listDirectory(directory) where name != "states.journal" {
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
