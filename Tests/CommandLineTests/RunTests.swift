import Glibc
import Pipeline
import Platform
import Testing

@testable import CommandLine

struct RunTests {
  @Test(arguments: [
    (["--version"], "mailarc \(Version.text)\n"), (["--help"], HelpText.program() + "\n"),
    (["help"], HelpText.program() + "\n"), (["help", "--man"], ManualPage.render() + "\n"),
  ])
  func `What was asked for goes to standard output`(_ words: [String], _ text: String) async {
    let recording = Recording()
    #expect(await run(words, terminal: recording.terminal) == .done)
    #expect(recording.output == text)
    #expect(recording.errors == "")
  }

  @Test(arguments: [
    (
      ["probe", "imaps://a@b", "pop3://a@b"],
      "mailarc push needs IMAP, and pop3://a@b is a POP3 account"
    ),
    (
      ["probe", "imaps://a@b", "imaps://c@d", "--tls-ca=x"],
      "--tls-ca does not say which of the two accounts it means"
    ),
    (
      ["push", "x", "pop3s://a@b"], "mailarc push needs IMAP, and pop3s://a@b is a POP3 account"
    ),
    (
      ["verify", "--against", "x", "POP3://a@B"],
      "mailarc verify needs IMAP, and pop3://a@b is a POP3 account"
    ),
    (
      ["verify", "x", "pop3://a@b", "--receipt", "y"], "--receipt needs IMAP"
    ),
    (
      ["selftest", "pop3s://a@b"],
      "mailarc selftest needs IMAP, and pop3s://a@b is a POP3 account"
    ),
    (["push", "x", "imaps://b"], "no user in the account \"imaps://b\""),
    (["help", "xyzzy"], "no help on \"xyzzy\""),
    (["pull", "a\u{1B}[2J", "b"], "\"a\\x1B[2J\" is no account"),
    (
      ["pull", "imaps://a@b", "x", "--accept-deletions", "--refetch-deleted"],
      "--accept-deletions and --refetch-deleted can't both be given"
    ),
    (
      ["convert", "x", "y", "--accept-deletions", "--refetch-deleted"],
      "--accept-deletions and --refetch-deleted can't both be given"
    ),
    (
      ["push", "x", "imaps://a@b", "--password-file=a", "--password-command=b"],
      "--password-file and --password-command can't both be given"
    ),
  ])
  func `An error is one line, and hints`(_ words: [String], _ says: String) async throws {
    let recording = Recording()
    #expect(await run(words, terminal: recording.terminal) == .usage)
    let lines = recording.errors.split(separator: "\n")
    #expect(try #require(lines.first) == "mailarc: " + says)
    #expect(lines.dropFirst().allSatisfy { $0.hasPrefix("hint: ") })
    #expect(recording.output == "")
  }

  @Test func `With JSON an error is an event as well`() async {
    let recording = Recording()
    let status = await run(["pull", "nothing", "x", "--json"], terminal: recording.terminal)
    #expect(status == .usage)
    #expect(recording.output.hasPrefix("{\"type\":\"error\",\"scope\":\"run\",\"cause\":\"usage\""))
    #expect(recording.errors.hasPrefix("mailarc: \"nothing\" is no account\n"))
  }

  @Test func `A standard output that can't be written is an error`() async throws {
    SignalWatcher.surviveFailingWrites()
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    close(ends[0])
    defer { close(ends[1]) }
    let terminal = Terminal(
      output: ends[1], errors: ends[1], isInteractive: false, usesColour: false)
    #expect(await run(["--help"], terminal: terminal) == .disk)
  }
}
