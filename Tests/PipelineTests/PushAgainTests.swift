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

  // MARK: Edited in the archive

  @Test func `a file edited to another size is another message, and the old one stays`()
    async throws
  {
    let bench = try await PushBench.holding(["one", "two"])
    try await bench.push()
    let path = try bench.file("one")
    // As editors do it: a new file takes the old one's place.
    try writeFile(bench.archive + "/INBOX/tmp/edited", try readFile(path) + "And more.\n")
    try bench.rename(bench.archive + "/INBOX/tmp/edited", path)
    let report = try await bench.push()
    #expect(report.pushed == ["transferred": 1, "present": 1])
    #expect(report.notices.count == 1)
    #expect(try bench.subjects() == ["one", "two", "one"])
    #expect(try await bench.push().pushed == ["present": 2])
  }

  @Test func `a file edited to the same size is seen when every file is read`() async throws {
    let bench = try await PushBench.holding(["one", "two"])
    try await bench.push()
    let path = try bench.file("one")
    try writeFile(path, try readFile(path).replacing("Text of one.", with: "TEXT of one."))
    #expect(try await bench.push().pushed == ["present": 2])
    #expect(try await bench.push { $0.full = true }.pushed == ["transferred": 1, "present": 1])
    // From then on its content is known by its name.
    try bench.drop("new", as: "1600000000.x")
    #expect(try await bench.push().pushed == ["transferred": 1, "present": 2])
    #expect(try await bench.push { $0.full = true }.pushed == ["present": 3])
    #expect(try bench.subjects() == ["one", "two", "one", "new"])
  }

  @Test func `files that other programs wrote are sent in wire form`() async throws {
    let bench = try PushBench()
    try await bench.pull()
    let inbox = bench.archive + "/INBOX/cur/"
    let bodies: [(String, String, String)] = [
      ("lf", "Subject: lf\n\na\nb\n", "Subject: lf\r\n\r\na\r\nb\r\n"),
      ("crlf", "Subject: crlf\r\n\r\na\r\n", "Subject: crlf\r\n\r\na\r\n"),
      // One LF without CR: then each CR is content.
      ("mixed", "Subject: mixed\r\n\na\n", "Subject: mixed\r\r\n\r\na\r\n"),
      ("open", "Subject: open\n\nno end", "Subject: open\r\n\r\nno end"),
    ]
    for (index, body) in bodies.enumerated() {
      try writeFile(inbox + "160000000\(index).\(body.0):2,", body.1)
    }
    let server = try FakeTarget(FakeTarget.Behaviour.all)
    let report = try await bench.push { $0.port = server.port }
    #expect(report.pushed == ["transferred": 4])
    #expect(server.messages().map { String(decoding: $0.body, as: UTF8.self) } == bodies.map(\.2))
    #expect(try await bench.push { $0.port = server.port }.pushed == ["present": 4])
  }

  // MARK: The source itself

  @Test(arguments: [false, true])
  func `the source is refused as a target, also after a pull that broke off`(_ broke: Bool)
    async throws
  {
    let bench = try await PushBench.holding(["one", "two"])
    if broke { try runSuccessfully("/bin/rm", [bench.archive + "/.mailarc/pull/states.journal"]) }
    let report = try await bench.push {
      $0.user = bench.source.user
      $0.port = bench.source.server.imapPort
    }
    #expect(report.accountFailure?.cause == .usage)
    #expect(try bench.source.plain.messages(in: "INBOX").count == 2)
  }

  @Test func `the source is known though its INBOX was renamed, or its host has another name`()
    async throws
  {
    let bench = try await PushBench.holding(["one", "two"])
    for host in ["127.0.0.1", "localhost"] {
      let report = try await bench.push {
        $0.user = bench.source.user
        $0.port = bench.source.server.imapPort
        $0.host = host
      }
      #expect(report.accountFailure?.cause == .usage)
    }
    try bench.source.plain.create("Work")
    try bench.source.append("three", to: "Work")
    try await bench.source.pull()
    // Nothing of the INBOX is under its UID any more.
    try bench.source.plain.select("INBOX")
    try bench.source.plain.move("1:*", to: "Work")
    let report = try await bench.push {
      $0.user = bench.source.user
      $0.port = bench.source.server.imapPort
    }
    #expect(report.accountFailure?.cause == .usage)
    #expect(try bench.source.plain.messages(in: "Work").count == 3)
  }

  @Test(arguments: [false, true])
  func `the same user at another server is no source, however alike its numbers`(hasMail: Bool)
    async throws
  {
    let bench = try await PushBench.holding(["one", "two"])
    let responses = try bench.source.plain.command("STATUS INBOX (UIDVALIDITY)")
    let text = responses.flatMap { $0 }.map(\.text).joined(separator: " ")
    let validity = try #require(
      text.split(separator: "UIDVALIDITY ").last.flatMap { UInt32($0.prefix(while: \.isNumber)) })
    let server = try FakeTarget(FakeTarget.Behaviour.all)
    server["INBOX"]?.uidValidity = validity
    if hasMail {
      server["INBOX"]?.uidNext = 4
      for uid in 1...3 {
        server["INBOX"]?.messages.append(
          FakeTarget.Message(
            uid: UInt32(uid), flags: [], date: nil, body: PullBench.message("other \(uid)")))
      }
    }
    for expected in [["transferred": 2], ["present": 2]] {
      let report = try await bench.push {
        $0.user = bench.source.user
        $0.port = server.port
      }
      #expect(report.accountFailure == nil)
      #expect(report.pushed == expected)
    }
    let others = hasMail ? ["other 1", "other 2", "other 3"] : []
    #expect(server.subjects() == others + ["one", "two"])
  }
}
