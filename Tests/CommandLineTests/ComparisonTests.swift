import Glibc
import Mail
import TestSupport
import Testing

@testable import CommandLine
@testable import Pipeline

struct ComparisonTextTests {
  @Test(arguments: ComparisonFinding.Kind.allCases)
  func `every kind of finding has a heading, and something to do about it`(
    _ kind: ComparisonFinding.Kind
  ) {
    var report = ComparisonReport()
    let finding = ComparisonFinding(
      kind, mailbox: .inbox, uids: UIDSet(parsing: Array("7".utf8)) ?? [], file: "/a/\u{1B}b",
      "why\n")
    report.findings = [finding]
    report.counts = [kind: 1]
    let lines = ComparisonText.render(report)
    #expect(lines.count == 5)
    #expect(lines[0].hasSuffix(":"))
    #expect(lines[1] == "  INBOX: UID 7: /a/\\x1Bb: why\\n")
    #expect(lines[2].hasPrefix("  hint: ") && lines[2].hasSuffix("."))
    #expect(lines[4].contains(", 1 "))
    // Other people's mail, and what servers do to each message, need nobody's attention.
    let isQuiet = kind == .extra || kind == .altered
    #expect(ComparisonText.attention(report).isEmpty == isQuiet)
    #expect(report.exitStatus == (isQuiet ? .done : .findings))
  }

  @Test func `the last line sums it up`() {
    var report = ComparisonReport()
    report.mailboxes = 2
    report.messages = 1240
    report.onServer = 1243
    report.byContent = 3
    report.byHeader = 1234
    report.counts = [.missing: 1, .altered: 2, .extra: 4]
    report.notes = ["a\u{7}note"]
    #expect(
      ComparisonText.render(report) == [
        "Notes:", "  a\\x07note", "",
        "1,240 messages compared with 1,243 in 2 mailboxes of the account: 1,239 there, 3 by content "
          + "and 1,234 by header and size, 1 missing, 2 altered by the server, 4 without a "
          + "counterpart.",
      ])
  }
}

struct ComparisonUsageTests {
  @Test(arguments: [
    ["verify", "a", "--receipt", "r"], ["verify", "a", "--full"],
    ["verify", "a", "--with-deleted"],
    ["verify", "a", "--password-file", "p"], ["verify"], ["verify", "--against", "r"],
    ["verify", "imaps://ada@localhost"],
    ["verify", "--against", "r", "a", "imaps://ada@localhost"],
    ["verify", "a", "imaps://ada@localhost", "--rebuild"], ["verify", "a", "b"],
    ["verify", "--against", "r", "imaps://ada@localhost", "--receipt", "s"],
    ["verify", "--against", "r", "imaps://ada@localhost", "--with-deleted"],
  ])
  func `what makes no sense is refused`(_ words: [String]) async {
    let recording = Recording()
    #expect(await run(words, terminal: recording.terminal) == .usage)
    #expect(recording.errors.hasPrefix("mailarc: "))
  }

  @Test func `help shows both forms`() throws {
    let help = HelpText.command(try #require(OptionTable.command(.verify)))
    #expect(
      help.hasPrefix(
        """
        Usage: mailarc verify ARCHIVE [ACCOUNT] [OPTION...]
               mailarc verify --against FILE ACCOUNT [OPTION...]

        """))
  }

  @Test func `a receipt that is none, or a later version's`() async throws {
    let directory = try ScratchDirectory()
    let password = try directory.write(Array("x\n".utf8), to: "password", mode: 0o600)
    for (text, words) in [
      ("hello\n", "is not a receipt of mailarc"),
      ("mailarc receipt 2\n", "which a later version of mailarc wrote"),
      ("mailarc receipt 1\naccount a\nx\n", "line 3"),
    ] {
      let file = try directory.write(Array(text.utf8), to: "receipt", mode: 0o600)
      let recording = Recording()
      let status = await run(
        [
          "verify", "--against", file, "imaps://ada@localhost:1", "--password-file", password,
        ], terminal: recording.terminal)
      #expect(status == .badInput)
      #expect(recording.errors.contains(words))
    }
  }

  @Test(arguments: [
    ("..", "is a directory"), ("/dev/null", "is a device, FIFO or socket"),
    ("fifo", "is a device, FIFO or socket"), ("link", "is a device, FIFO or socket"),
  ])
  func `what is no file says what it is`(_ name: String, _ words: String) async throws {
    let directory = try ScratchDirectory()
    let password = try directory.write(Array("x\n".utf8), to: "password", mode: 0o600)
    try #require(mkfifo(directory.path + "/fifo", 0o600) == 0)
    try #require(symlink("fifo", directory.path + "/link") == 0)
    let recording = Recording()
    let status = await run(
      [
        "verify", "--against", name.hasPrefix("/") ? name : directory.path + "/" + name,
        "imaps://ada@localhost:1", "--password-file", password,
      ], terminal: recording.terminal)
    #expect(status == .badInput)
    #expect(recording.errors.contains(words))
  }

  @Test(arguments: [
    ("receipt", true), ("some/where/receipt", true), ("some/../receipt", true),
    ("../beside/../archive/receipt", true), ("../link/receipt", true), ("../inner/receipt", true),
    ("../receipt", false), ("../archives", false), ("../beside/receipt", false),
  ])
  func `a receipt within the archive is refused`(
    _ place: String, _ isRefused: Bool
  ) async throws {
    let directory = try ScratchDirectory()
    let password = try directory.write(Array("x\n".utf8), to: "password", mode: 0o600)
    let archive = directory.path + "/archive"
    for path in [archive, archive + "/some", archive + "/some/where", directory.path + "/beside"] {
      try #require(mkdir(path, 0o700) == 0)
    }
    try #require(symlink("archive", directory.path + "/link") == 0)
    try #require(symlink("archive/some/where", directory.path + "/inner") == 0)
    for name in [archive, directory.path + "/link"] {
      let recording = Recording()
      let status = await run(
        [
          "verify", name, "imaps://ada@localhost:1", "--password-file", password,
          "--receipt", archive + "/" + place,
        ], terminal: recording.terminal)
      #expect((status == .usage) == isRefused)
      #expect(recording.errors.contains("is inside the archive") == isRefused)
      #expect(access(archive + "/" + place, F_OK) != 0)
    }
  }
}
