import Mail
import TestSupport
import Testing

@testable import CommandLine
@testable import Pipeline

struct ListTextTests {
  private func message(
    _ from: String, _ subject: String, flags: Flags = Flags(), isIncomplete: Bool = false
  ) throws -> ListedMessage {
    ListedMessage(
      mailbox: .inbox, file: "f", date: InternalDate(epochSeconds: 1_700_000_000), flags: flags,
      from: from, subject: subject, size: 12_345, isIncomplete: isIncomplete)
  }

  @Test func `a line on a terminal is exactly as wide as it`() throws {
    let texts = ["", "short", String(repeating: "long ", count: 40), "漢字" + "漢字漢字漢字漢字漢字漢字"]
    for width in [1, 20, 40, 60, 80, 81, 200] {
      for text in texts {
        let line = ListText.line(try message(text, text), width: width)
        #expect(TerminalText.width(line) <= width)
        if width >= 60 { #expect(TerminalText.width(line) == width && line.hasSuffix("12.3 kB")) }
      }
    }
  }

  @Test(arguments: [nil, 80]) func `an incomplete message is marked`(_ width: Int?) throws {
    let line = ListText.line(try message("Ada", "m2", isIncomplete: true), width: width)
    #expect(line.contains("[incomplete] m2"))
  }

  @Test func `elsewhere nothing is cut`() throws {
    let long = String(repeating: "long ", count: 40)
    let line = ListText.line(try message(long, long, flags: Flags([.seen, .draft])), width: nil)
    #expect(line.contains(long + "  " + long))
    #expect(line.hasPrefix("2023-11-14 22:13  D  S   "))
  }

  @Test(arguments: [
    "\u{1B}[2J", "\u{9B}2J", "a\u{202E}b", "a\nb", "\u{7}", "\u{1B}]0;x\u{7}", "\u{2028}",
  ])
  func `a hostile subject can't act on the terminal`(_ text: String) throws {
    for width in [nil, 80] {
      let line = ListText.line(try message(text, text), width: width)
      #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x9B })
      #expect(!line.contains("\u{202E}") && !line.contains("\u{2028}"))
      #expect(line.contains("\\"))
    }
  }

  @Test func `the table has all together, and explanations below their mailboxes`() throws {
    var one = ListedMailbox(name: .inbox, path: "x")
    one.add(size: 1500, date: InternalDate(epochSeconds: 0), flags: Flags())
    one.explanation = "mbox: \u{1B}"
    let two = ListedMailbox(name: try #require(MailboxName(["Work"])), path: "y")
    var totals = ListTotals()
    totals.add(one)
    totals.add(two)
    #expect(
      ListText.mailboxes([one, two], totals: totals) == [
        "Mailbox  Messages  Unread    Size      Oldest      Newest",
        "INBOX           1       1  1.5 kB  1970-01-01  1970-01-01",
        "  mbox: \\x1B",
        "Work            0       0     0 B                        ",
        "Total           1       1  1.5 kB  1970-01-01  1970-01-01",
      ])
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"),
    (1_700_000_000, "2023-11-14T22:13:20Z"),
  ])
  func `dates are those of UTC`(_ seconds: Int, _ text: String) {
    #expect(Timestamp.full(InternalDate(epochSeconds: Int64(seconds))) == text)
  }
}

struct ListCommandTests {
  private let temporary: TemporaryDirectory

  init() throws {
    temporary = try TemporaryDirectory(inMemory: true)
    try runSuccessfully(
      "/bin/mkdir", ["-p"] + ["cur", "new", "tmp"].map { temporary.file("a/INBOX/" + $0) })
    try runSuccessfully("/bin/mkdir", [temporary.file("a/.mailarc")])
    try writeFile(
      temporary.file("a/.mailarc/archive"), "mailarc archive 1\nlayout maildir\nid 0\naccount a\n")
    try writeFile(
      temporary.file("a/INBOX/cur/1.R0123456789abcdef.mailarc,S=1,W=1:2,S"),
      "From: A <a@b>\nSubject: \u{1B}[31mred\n\nx\n")
  }

  @Test func `JSON is one object a line`() async {
    let recording = Recording()
    let words = ["list", temporary.file("a"), "--json", "--messages"]
    #expect(await run(words, terminal: recording.terminal) == .done)
    let lines = recording.output.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines.allSatisfy { $0.hasPrefix("{\"type\":\"") && $0.hasSuffix("}") })
    #expect(lines[0].contains(#""subject":"\u001B[31mred""#))
    #expect(lines[0].contains(#""date":"1970-01-01T00:00:01Z","flags":["\\Seen"],"from":"A""#))
    #expect(lines[1].contains(#""messages":1,"unread":0"#))
    #expect(lines[2].contains(#""command":"list""#) && lines[2].contains(#""exit_status":0"#))
  }

  @Test func `text shows messages and mailboxes`() async {
    let recording = Recording()
    let words = ["list", temporary.file("a"), "--messages", "--explain"]
    #expect(await run(words, terminal: recording.terminal) == .done)
    #expect(recording.output.contains("\\x1B[31mred"))
    #expect(recording.output.contains("\nTotal"))
    #expect(!recording.output.contains("\u{1B}"))
  }

  @Test func `what can't be read is an error, and the status says so`() async throws {
    try writeFile(temporary.file("a/INBOX/mailarc-keywords"), "x")
    for words in [["list", temporary.file("a")], ["list", temporary.file("a"), "--json"]] {
      let recording = Recording()
      #expect(await run(words, terminal: recording.terminal) == .findings)
      #expect(recording.errors.hasPrefix("mailarc: INBOX: "))
      if words.count > 2 { #expect(recording.output.hasPrefix(#"{"type":"unreadable""#)) }
    }
  }

  @Test func `what is not there is no input`() async {
    let recording = Recording()
    #expect(await run(["list", temporary.file("b")], terminal: recording.terminal) == .badInput)
    #expect(recording.errors.contains("does not exist"))
  }
}
