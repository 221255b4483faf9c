import Glibc
import Mail
import TestSupport
import Testing

@testable import Pipeline

/// A target that was pushed to, and what became of it since.
@Suite(.requiresDovecot) struct CompareTargetTests {
  private static let subjects = ["one", "two", "three", "four"]

  private func pushed(_ subjects: [String] = Self.subjects) async throws -> PushBench {
    let bench = try await PushBench.holding(subjects)
    #expect(try await bench.push().exitStatus == .done)
    return bench
  }

  @Test func `all that was pushed is there, whatever is special about it`() async throws {
    let bench = try PushBench()
    try bench.source.plain.create("Work")
    for message in MailboxFixture.ordinary + MailboxFixture.unusual {
      for mailbox in ["INBOX", "Work"] {
        try bench.source.plain.append(
          message.body, to: mailbox, flags: message.flags, date: message.date)
      }
    }
    for _ in 0..<2 { try bench.source.append("twin", to: "Work") }
    try bench.source.append("marked", flags: ["\\Deleted"])
    try await bench.pull()
    try bench.drop("dropped", as: "1600000000.x", flags: "S")
    #expect(try await bench.push().exitStatus == .done)
    let count = try bench.source.view().messages.count
    for full in [false, true] {
      let report = try bench.compare { $0.full = full }
      #expect(report.exitStatus == .done, "\(report.findings)")
      #expect(report.findings == [] && report.messages == count && report.onServer == count)
      #expect(report.byContent + report.byHeader == count)
      #expect(full ? report.byHeader == 0 : report.byHeader > 10)
    }
  }

  /// The commands that may be said where nothing may change.
  private static let harmless: Set<String> = [
    "CAPABILITY", "LOGIN", "AUTHENTICATE", "ID", "NAMESPACE", "ENABLE", "LIST", "LSUB", "STATUS",
    "EXAMINE", "UID FETCH", "UID SEARCH", "UNSELECT", "NOOP", "LOGOUT", "STARTTLS",
  ]

  @Test func `nothing changes, neither there nor in the archive`() async throws {
    let bench = try await pushed()
    try bench.plain.append(PullBench.message("new"), to: "INBOX")
    try bench.expunge(["two"])
    let before = try snapshot(bench.archive)
    let account = try bench.plain.account()
    let said = try bench.transcript().count
    for full in [false, true] { _ = try bench.compare { $0.full = full } }
    _ = try bench.compareSource()
    #expect(changes(before, try snapshot(bench.archive)) == [])
    #expect(try bench.plain.account() == account)
    let lines = try bench.transcript().dropFirst(said)
    #expect(lines.contains { $0.contains(" BODY.PEEK[]") })
    for line in lines {
      let words = line.split(separator: " ").map { $0.uppercased() }
      guard words.count > 1 else { continue }
      let command = words[1] == "UID" && words.count > 2 ? "UID " + words[2] : words[1]
      #expect(Self.harmless.contains(command), "\(line)")
      #expect(!line.contains("BODY["), "\(line)")
    }
  }

  @Test func `a lost message, other flags, another date and a stranger are named`() async throws {
    let bench = try await pushed()
    try bench.expunge(["two"])
    let three = try bench.message("three")
    try bench.plain.select("INBOX")
    try bench.plain.store("\(three.uid)", "+FLAGS (\\Answered Mine)")
    try bench.expunge(["four"])
    try bench.plain.append(PullBench.message("four"), to: "INBOX", date: 1_111_111_111)
    try bench.plain.append(PullBench.message("strange"), to: "INBOX")
    try bench.plain.create("Theirs")
    try bench.plain.append(PullBench.message("theirs"), to: "Theirs")
    let report = try bench.compare()
    #expect(report.exitStatus == .findings)
    #expect(
      report.sums == ["header": 3, "missing": 1, "flags": 1, "date": 1, "extra": 2],
      "\(report.findings)")
    let missing = try #require(report.findings.first { $0.kind == .missing })
    #expect(missing.file == (try bench.file("two")) && missing.mailbox == .inbox)
    #expect(missing.text == "it was pushed, and is gone since")
    let flags = try #require(report.findings.first { $0.kind == .flags })
    #expect(flags.file == (try bench.file("three")))
    #expect(flags.uids.description == "\(three.uid)")
    #expect(flags.text == "(\\Answered Mine) there, () in the archive")
    #expect(
      report.texts(.date) == [
        "2005-03-18 01:58:31 UTC there, 2009-02-13 23:31:30 UTC in the archive"
      ])
    let extra = report.findings.filter { $0.kind == .extra }
    #expect(extra.map(\.mailbox?.description) == ["INBOX", "Theirs"])
    #expect(extra.map(\.uids.description) == ["6", "1"])
  }

  @Test func `other people's mail alone is no difference`() async throws {
    let bench = try await pushed()
    try bench.plain.append(PullBench.message("strange"), to: "INBOX")
    let report = try bench.compare()
    #expect(report.sums == ["header": 4, "extra": 1])
    #expect(report.exitStatus == .done)
  }

  /// Its header fields and its size are the same, so that only a download can tell.
  @Test func `a changed byte is found by its content`() async throws {
    let bench = try await pushed()
    try bench.expunge(["two"])
    let changed = String(decoding: PullBench.message("two"), as: UTF8.self)
    try bench.plain.append(
      Array(changed.replacing("Text", with: "Tezt").utf8), to: "INBOX", date: 1_234_567_890)
    #expect(try bench.compare().sums == ["header": 4])
    let report = try bench.compare { $0.full = true }
    #expect(report.sums == ["content": 3, "missing": 1, "extra": 1])
    #expect(report.exitStatus == .findings)
  }

  /// A file that somebody put there was never pulled, so that no header key speaks for it.
  @Test func `where there is doubt the body is downloaded`() async throws {
    let bench = try await pushed(["one", "twin", "twin"])
    try bench.drop("own", as: "1600000000.x")
    try await bench.push()
    #expect(try bench.compare().sums == ["header": 1, "content": 3])
  }

  @Test func `of twins each has its own flags and date`() async throws {
    let bench = try PushBench()
    try bench.source.append("twin", flags: ["\\Seen"], date: 1_111_111_111)
    try bench.source.append("twin", flags: ["\\Flagged"], date: 1_222_222_222)
    try bench.source.append("twin", flags: ["\\Draft"], date: 1_333_333_333)
    try await bench.pull()
    // In another order, without an index.
    for (flag, date) in [("\\Draft", 1_333_333_333), ("\\Seen", 1_111_111_111)] {
      try bench.plain.append(PullBench.message("twin"), to: "INBOX", flags: [flag], date: date)
    }
    let report = try bench.compare()
    #expect(report.sums == ["content": 2, "missing": 1])
    let missing = try #require(report.findings.first)
    #expect(missing.file?.hasSuffix(":2,F") == true)
    try bench.plain.append(PullBench.message("twin"), to: "INBOX")
    try bench.plain.append(PullBench.message("twin"), to: "INBOX")
    let more = try bench.compare()
    #expect(more.sums == ["content": 3, "flags": 1, "date": 1, "extra": 1])
    #expect(more.texts(.extra) == ["1 message, one more copy of a message"])
  }

  @Test func `what is edited in the archive is another message`() async throws {
    let bench = try await pushed(["one", "two"])
    let path = try bench.file("one")
    let text = try String(decoding: readBytes(path), as: UTF8.self)
    try writeFile(path, text.replacing("Text of one", with: "Other text than one"))
    let report = try bench.compare()
    #expect(report.sums == ["header": 1, "missing": 1, "extra": 1])
    #expect(report.texts(.missing) == ["it was not pushed"])
  }

  @Test func `what the target refused has its words, what was never pushed has none`() async throws
  {
    let bench = try await PushBench.holding(["one"])
    try writeFile(bench.archive + "/INBOX/cur/1600000000.x:2,", "")
    #expect(try bench.compare().texts(.missing) == ["nobody knows why", "nobody knows why"])
    try await bench.push()
    let report = try bench.compare()
    #expect(report.sums == ["header": 1, "missing": 1])
    #expect(report.texts(.missing)[0].hasPrefix("the server refused it: "))
  }

  @Test func `a mailbox that is gone takes its messages along`() async throws {
    let bench = try PushBench()
    try bench.source.plain.create("Work")
    try bench.source.append("w", to: "Work")
    try await bench.pull()
    try await bench.push()
    _ = try bench.plain.command("DELETE Work")
    let report = try bench.compare()
    #expect(report.texts(.missing) == ["the server has no mailbox Work"])
    #expect(report.exitStatus == .findings)
  }

  @Test(arguments: [false, true])
  func `the mark of deletion is compared if that is asked for`(_ asked: Bool) async throws {
    let bench = try PushBench()
    try bench.source.append("marked", flags: ["\\Deleted"])
    try await bench.pull()
    try await bench.push()
    #expect(
      try bench.compare { $0.withDeleted = asked }.sums
        == (asked ? ["header": 1, "flags": 1] : ["header": 1]))
    try await bench.push { $0.withDeleted = true }
    #expect(try bench.compare { $0.withDeleted = asked }.sums == ["header": 1])
  }

  @Test func `mail of other programs is compared as well`() async throws {
    let bench = try PushBench()
    let path = bench.beside("mail.mbox")
    let texts = ["one", "two"].map {
      "From a@example.org Tue Nov 14 22:13:20 2023\nStatus: RO\n"
        + String(decoding: PullBench.message($0), as: UTF8.self).replacing("\r\n", with: "\n")
        + "\n"
    }
    try writeFile(path, texts.joined())
    #expect(try bench.compare { $0.archive = path }.sums == ["missing": 2])
    try await bench.push { $0.archive = path }
    #expect(try bench.compare { $0.archive = path }.sums == ["content": 2])
    try bench.expunge(["one"], from: "mail")
    let report = try bench.compare { $0.archive = path }
    #expect(report.texts(.missing) == ["it was pushed, and is gone since"])
  }

  @Test func `what can't be read is named, and keeps nothing else from being compared`()
    async throws
  {
    let bench = try PushBench()
    let path = bench.beside("mail.mbox")
    let texts = (0..<2).map { number in
      let noise = (0..<400).map { _ in String(UInt64.random(in: 0 ... .max), radix: 36) }
      return "From a@example.org Tue Nov 14 22:13:20 2023\nSubject: m\(number)\n\n"
        + noise.joined(separator: "\n") + "\n\n"
    }
    try writeFile(path, texts.joined())
    try runSuccessfully("/bin/gzip", ["-n", path])
    try await bench.push { $0.archive = path + ".gz" }
    #expect(try bench.compare { $0.archive = path + ".gz" }.sums == ["content": 2])
    let size = try readBytes(path + ".gz").count
    #expect(truncate(path + ".gz", off_t(size - 2000)) == 0)
    let report = try bench.compare { $0.archive = path + ".gz" }
    #expect(report.byContent == 1 && report.counts[.unreadable] == 1, "\(report.findings)")
    #expect(report.exitStatus == .findings)
  }

  @Test func `a mailbox that the server does not open is named, and its messages are unchecked`()
    async throws
  {
    let bench = try PushBench()
    try bench.source.plain.create("Work")
    try bench.source.append("w", to: "Work")
    try bench.source.append("one")
    try await bench.pull()
    let server = try FakeTarget(FakeTarget.Behaviour.all)
    try await bench.push(to: server)
    let work = server["Work"]
    // It goes between the list of mailboxes and the look into it.
    server.change {
      $0.status = { server in
        if server["INBOX"]?.messages.count == 1 { server["Work"] = nil }
      }
    }
    let receipt = bench.beside("receipt")
    let report = try bench.compare {
      $0.port = server.port
      $0.receipt = receipt
    }
    #expect(report.sums == ["header": 1, "mailbox-refused": 1], "\(report.findings)")
    #expect(report.messages == 2 && report.exitStatus == .findings)
    #expect(try String(decoding: readBytes(receipt), as: UTF8.self).contains(" unchecked - "))
    server.change { $0.status = { _ in } }
    server["Work"] = work
    let later = try bench.compare {
      $0.port = server.port
      $0.against = receipt
    }
    #expect(later.sums == ["header": 2])
  }
}
