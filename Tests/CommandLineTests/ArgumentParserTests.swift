import Pipeline
import Testing

@testable import CommandLine

struct ArgumentParserTests {
  struct Good: Sendable {
    let words: [String]
    let expected: Invocation

    init(
      _ words: [String], _ command: CommandName?, _ operands: [String],
      _ values: [OptionName: String] = [:]
    ) {
      self.words = words
      expected = Invocation(command: command, operands: operands, values: values)
    }
  }

  static let good = [
    Good(["pull", "a", "b"], .pull, ["a", "b"]),
    Good(["push", "b", "a", "--full"], .push, ["b", "a"], [.full: ""]),
    Good(["--json", "pull", "a", "b"], .pull, ["a", "b"], [.json: ""]),
    Good(["pull", "--timeout", "5", "a", "b"], .pull, ["a", "b"], [.timeout: "5"]),
    Good(["pull", "--timeout=5", "a", "b"], .pull, ["a", "b"], [.timeout: "5"]),
    Good(["pull", "--timeout=5", "--timeout=6", "a", "b"], .pull, ["a", "b"], [.timeout: "6"]),
    Good(
      ["pull", "--password-command", "--x=1", "a", "b"], .pull, ["a", "b"],
      [.passwordCommand: "--x=1"]),
    Good(
      ["pull", "--password-command=a=b", "a", "b"], .pull, ["a", "b"], [.passwordCommand: "a=b"]),
    Good(["pull", "--", "--json", "-"], .pull, ["--json", "-"]),
    Good(["pull", "-", "b"], .pull, ["-", "b"]),
    Good(["pull", "a", "b", "--", "--"].dropLast(), .pull, ["a", "b"]),
    Good(["--", "pull", "a", "b"], .pull, ["a", "b"]),
    Good(["pull", "--layout", "maildir", "a", "b"], .pull, ["a", "b"], [.layout: "maildir"]),
    Good(["pull", "--help"], .pull, [], [.help: ""]),
    Good(["pull", "-h", "a"], .pull, ["a"], [.help: ""]),
    Good(["--version"], nil, [], [.version: ""]),
    Good(["--help"], nil, [], [.help: ""]),
    Good(["help"], .help, []),
    Good(["help", "push"], .help, ["push"]),
    Good(["help", "--completions", "zsh"], .help, [], [.completions: "zsh"]),
  ]

  @Test(arguments: good)
  func understands(_ line: Good) throws {
    #expect(try ArgumentParser.parse(line.words) == line.expected)
  }

  static let bad: [(words: [String], says: String, hints: String?)] = [
    ([], "no command given", "Try mailarc --help."),
    (["--json"], "no command given", "Try mailarc --help."),
    (["pul", "a", "b"], "unknown command pul", "Did you mean pull?"),
    (["xyzzy"], "unknown command xyzzy", "See mailarc --help."),
    (["pull", "--dry-rnu", "a", "b"], "unknown option --dry-rnu", "Did you mean --dry-run?"),
    (
      ["pull", "--pasword-file=x"], "unknown option --pasword-file", "Did you mean --password-file?"
    ),
    (["pull", "--conn", "2"], "unknown option --conn", "Did you mean --connections?"),
    (["pull", "--zzz"], "unknown option --zzz", "See mailarc --help."),
    (["pull", "-x"], "unknown option -x", nil),
    (["pull", "--json=yes", "a", "b"], "--json takes no value", nil),
    (["pull", "a", "b", "--timeout"], "--timeout needs a value: --timeout SECONDS", nil),
    (
      ["pull", "a", "b", "--timeout", "0"],
      "--timeout takes a number from 1 to 3600, not \"0\"", nil
    ),
    (
      ["pull", "a", "b", "--connections=+3"],
      "--connections takes a number from 1 to 16, not \"+3\"", nil
    ),
    (
      ["pull", "a", "b", "--connections=17"],
      "--connections takes a number from 1 to 16, not \"17\"", nil
    ),
    (
      ["pull", "a", "b", "--timeout=99999999999999999999"],
      "--timeout takes a number from 1 to 3600, not \"99999999999999999999\"", nil
    ),
    (["pull", "a", "b", "--tls-ca="], "--tls-ca needs a FILE, not nothing", nil),
    (
      ["pull", "a", "b", "--layout=zip"], "--layout does not know \"zip\"",
      "This version knows: maildir, maildir++, mbox, mbox.gz."
    ),
    (
      ["push", "a", "b", "--layout=maildir"], "--layout belongs to pull and convert, not to push",
      "See mailarc push --help."
    ),
    (
      ["pull", "a", "b", "--resend-deleted"], "--resend-deleted belongs to push, not to pull",
      "See mailarc pull --help."
    ),
    (["pull"], "pull: SOURCE is missing", "Usage: mailarc pull SOURCE ARCHIVE"),
    (["pull", "a"], "pull: ARCHIVE is missing", "Usage: mailarc pull SOURCE ARCHIVE"),
    (
      ["push", "a", "b", "c"], "push: one operand too many: c",
      "Usage: mailarc push ARCHIVE [TARGET]"
    ),
    (["pull", "", "b"], "pull: SOURCE is empty", "Usage: mailarc pull SOURCE ARCHIVE"),
    (
      ["push", "imaps://a@b", "dir"], "ARCHIVE is a directory, not \"imaps://a@b\"",
      "Usage: mailarc push ARCHIVE [TARGET]"
    ),
    (["pull", "a\u{FFFD}", "b"], "argument \"a\u{FFFD}\" is not valid UTF-8", nil),
  ]

  @Test(arguments: bad)
  func refuses(_ words: [String], says: String, hints: String?) throws {
    let failure = try #require(throws: Failure.self) { try ArgumentParser.parse(words) }
    #expect(failure.summary == says)
    if let hints { #expect(failure.advice == hints) }
    #expect(failure.cause.exitStatus == .usage)
  }

  @Test func `A password as an option is refused with the reason`() throws {
    let failure = try #require(throws: Failure.self) {
      try ArgumentParser.parse(["pull", "--password", "secret", "a", "b"])
    }
    #expect(failure.advice?.contains("--password-file") == true)
    #expect(!failure.summary.contains("secret"))
  }
}
