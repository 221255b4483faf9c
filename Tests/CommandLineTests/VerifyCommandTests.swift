import Mail
import TestSupport
import Testing

@testable import CommandLine
@testable import Pipeline

struct VerifyTextTests {
  @Test(arguments: VerifyFinding.Kind.allCases)
  func `every kind of finding has a heading, and something to do about it`(
    _ kind: VerifyFinding.Kind
  ) {
    let lines = VerifyText.findings([
      VerifyFinding(kind, mailbox: .inbox, file: "/a/\u{1B}b", "why\n")
    ])
    #expect(lines.count == 3)
    #expect(lines[0].hasSuffix(":"))
    #expect(lines[1] == "  INBOX: /a/\\x1Bb: why\\n")
    #expect(lines[2].hasPrefix("  hint: ") && lines[2].hasSuffix("."))
  }

  @Test func `a path that the words have is not said twice`() {
    let finding = VerifyFinding(.stateDamaged, file: "/x/y", "\"/x/y\" is damaged")
    #expect(VerifyText.findings([finding])[1] == "  \"/x/y\" is damaged")
  }

  @Test func `the last line sums it up`() {
    var report = VerifyReport()
    report.mailboxes = 1
    report.messages = 1234
    report.bytes = 5_000_000
    report.intact = 1233
    #expect(
      VerifyText.render(report) == [
        "1,234 messages in 1 mailbox read (5.0 MB), 1,233 intact."
      ])
    report.unrecorded = 1
    report.findings = [VerifyFinding(.missing, mailbox: .inbox, "UID 1")]
    report.notes = ["a note"]
    let lines = VerifyText.render(report)
    #expect(lines.prefix(2) == ["Missing:", "  INBOX: UID 1"])
    #expect(lines.contains("  a note"))
    #expect(
      lines.last
        == "1,234 messages in 1 mailbox read (5.0 MB), 1,233 intact, "
        + "1 without a record to compare with, 1 finding: see above.")
  }
}

struct VerifyCommandTests {
  private let temporary: TemporaryDirectory
  private let path: String

  init() throws {
    temporary = try TemporaryDirectory(inMemory: true)
    path = temporary.file("a")
    try runSuccessfully(
      "/bin/mkdir",
      ["-p", path + "/.mailarc"] + ["cur", "new", "tmp"].map { path + "/INBOX/" + $0 })
    try writeFile(
      path + "/.mailarc/archive", "mailarc archive 1\nlayout maildir\nid 0\naccount ada\n")
    try writeFile(path + "/.mailarc/keywords", "mailarc keywords 1\n")
    try writeFile(path + "/INBOX/cur/1.R0123456789abcdef.mailarc,S=5,W=6:2,S", "a: b\n")
  }

  private func verify(_ words: String...) async -> (status: Pipeline.ExitStatus, Recording) {
    let recording = Recording()
    return (await run(["verify", path] + words, terminal: recording.terminal), recording)
  }

  @Test func `an archive without a fault`() async {
    let (status, recording) = await verify()
    #expect(status == .done)
    #expect(recording.output.contains("1 message in 1 mailbox read (6 B), 0 intact, 1 without"))
    let (quietStatus, quiet) = await verify("--quiet")
    #expect(quietStatus == .done && quiet.output == "" && quiet.errors == "")
  }

  @Test func `a finding is in the text, in the JSON and in the status`() async throws {
    try writeFile(path + "/INBOX/cur/1.R0123456789abcdef.mailarc,S=5,W=6:2,S", "a:")
    let (status, text) = await verify()
    #expect(status == .findings)
    #expect(text.output.hasPrefix("Cut off:\n  INBOX: "))
    let (quietStatus, quiet) = await verify("--quiet")
    #expect(quietStatus == .findings && quiet.output == "")
    #expect(quiet.errors.hasPrefix("Cut off:\n"))
    let (jsonStatus, json) = await verify("--json")
    #expect(jsonStatus == .findings)
    let lines = json.output.split(separator: "\n")
    #expect(lines.contains(#"{"type":"plan","messages":1,"bytes":6}"#))
    #expect(lines.contains { $0.hasPrefix(#"{"type":"finding","kind":"truncated""#) })
    let last = lines.last ?? ""
    #expect(last.hasPrefix(#"{"type":"summary","command":"verify","mailboxes":1,"messages":1"#))
    #expect(last.contains(#""truncated":1"#) && last.hasSuffix(#""exit_status":1}"#))
  }

  @Test func `a rebuild says what it did`() async throws {
    try writeFile(path + "/.mailarc/keywords", "x")
    let (status, text) = await verify("--rebuild")
    #expect(status == .done)
    #expect(text.output.hasPrefix("Made anew:\n  \(path)/.mailarc/keywords: "))
    #expect(text.output.hasSuffix("\n1 file made anew.\n"))
    let (again, json) = await verify("--rebuild", "--json")
    #expect(again == .done)
    #expect(
      json.output
        == #"{"type":"summary","command":"verify","rebuilt":0,"findings":0,"exit_status":0}"# + "\n"
    )
  }

  @Test(arguments: [
    (["--account", "ada"], Pipeline.ExitStatus.usage), (["--messages"], .usage),
    (["--rebuild", "--account", "bob"], .badInput),
  ])
  func `what makes no sense is refused`(_ words: [String], _ status: Pipeline.ExitStatus) async {
    let recording = Recording()
    #expect(await run(["verify", path] + words, terminal: recording.terminal) == status)
    #expect(recording.errors.hasPrefix("mailarc: "))
  }

  @Test func `what is no archive is no input`() async {
    let recording = Recording()
    let status = await run(["verify", temporary.path], terminal: recording.terminal)
    #expect(status == .badInput)
    #expect(recording.errors.contains("not an archive"))
  }
}
