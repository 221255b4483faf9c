import Mail
import Pipeline
import TestSupport
import Testing

@testable import CommandLine

struct TrashCommandTests {
  private let temporary: TemporaryDirectory
  private var archive: String { temporary.file("a") }
  private let time = "20231114T221320Z"

  init() throws {
    temporary = try TemporaryDirectory(inMemory: true)
    for directory in ["INBOX/", ".mailarc/trash/\(time)/Work/"] {
      try runSuccessfully(
        "/bin/mkdir", ["-p"] + ["cur", "new", "tmp"].map { temporary.file("a/" + directory + $0) })
    }
    try writeFile(
      archive + "/.mailarc/archive", "mailarc archive 1\nlayout maildir\nid 0\naccount a\n")
    try writeFile(
      archive + "/.mailarc/trash/\(time)/Work/cur/1.R0123456789abcdef.mailarc,S=35,W=39:2,S",
      "From: A <a@b>\nSubject: \u{1B}[31mred\n\nx\n")
  }

  private func trash(_ words: [String]) async -> (status: Int32, output: String, errors: String) {
    let recording = Recording()
    let status = await run(["trash"] + words, terminal: recording.terminal)
    return (status.rawValue, recording.output, recording.errors)
  }

  @Test func `a list has a line for each message, safe for a terminal`() async {
    let result = await trash(["list", archive])
    #expect(result.status == 0)
    let lines = result.output.split(separator: "\n")
    #expect(lines.first?.hasPrefix("2023-11-14 22:13  Work              1970-01-01 00:00") == true)
    #expect(lines.first?.contains("A  ") == true)
    #expect(lines.first?.contains("\\x1B[31mred") == true)
    #expect(lines.last == "1 message in the trash (35 B).")
  }

  @Test func `JSON is one object a line`() async {
    let listed = await trash(["list", archive, "--json"]).output.split(separator: "\n")
    #expect(listed.count == 2)
    #expect(
      listed[0].hasPrefix(
        #"{"type":"message-trashed","removed":"2023-11-14T22:13:20Z","mailbox":"Work","file":"#))
    #expect(listed[0].contains(#""subject":"\u001B[31mred""#))
    #expect(
      listed[1] == #"{"type":"summary","command":"trash","action":"list","messages":1,"bytes":35,"#
        + #""unreadable":0,"exit_status":0}"#)
    let restored = await trash(["restore", archive, "--json"]).output.split(separator: "\n")
    #expect(restored.first?.hasPrefix(#"{"type":"restored","removed":"2023"#) == true)
    #expect(restored.last?.contains(#""action":"restore","messages":1"#) == true)
  }

  @Test func `an archive without trash says so`() async throws {
    try runSuccessfully("/bin/rm", ["-r", archive + "/.mailarc/trash"])
    for action in ["list", "restore", "empty"] {
      let result = await trash([action, archive])
      #expect(result.status == 0 && result.output == "The trash is empty.\n")
      #expect(result.errors == "")
    }
  }

  @Test func `what is done is told`() async throws {
    let young = await trash(["empty", archive, "--older-than", "36500"])
    #expect(young.status == 0 && young.output == "0 messages removed for good (0 B).\n")
    let wrong = await trash(["restore", archive, "--mailbox", "Wrok"])
    #expect(wrong.status == 1 && wrong.errors.contains("Wrok: nothing in the trash"))
    let restored = await trash(["restore", archive, "--mailbox", "Work"])
    #expect(
      restored.output
        == "Work: 1 message of 2023-11-14 22:13 restored\n1 message restored (35 B).\n")
    #expect(try listDirectory(archive + "/Work/cur").count == 1)
  }

  @Test func `what was removed long ago is removed for good`() async throws {
    let result = await trash(["empty", archive, "--older-than", "30"])
    #expect(
      result.output
        == "Work: 1 message of 2023-11-14 22:13 removed for good\n"
        + "1 message removed for good (35 B).\n")
    #expect(try listDirectory(archive + "/.mailarc/trash") == [])
  }

  @Test(arguments: [
    ["lst", "a"], ["list"], ["list", "a", "--mailbox", "x"], ["restore", "a", "--older-than", "3"],
    ["restore", "a", "--mailbox", "x//y"], ["empty", "a", "--older-than", "x"],
  ])
  func `a wrong command line is refused`(_ words: [String]) async {
    #expect(await trash(words).status == 64)
  }

  @Test func `a limit is one of something`() async {
    let recording = Recording()
    let words = ["pull", "imaps://a@b", archive, "--prune-limit", "20"]
    #expect(await run(words, terminal: recording.terminal) == .usage)
    #expect(recording.errors.contains("--prune"))
  }
}
