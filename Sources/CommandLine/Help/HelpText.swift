/// Writes `mailarc --help` and `mailarc COMMAND --help`, at most 80 columns wide.
enum HelpText {
  /// The program's help: its commands.
  static func program() -> String {
    let commands = OptionTable.commands.map { ($0.usage, $0.summary) }
    let options = OptionTable.options.filter(\.commands.isEmpty).map { ($0.usage, $0.summary) }
    let lines =
      [
        "mailarc copies mailboxes between servers and plain archives on disk.", "",
        "Usage: mailarc COMMAND [OPTION...] [OPERAND...]", "", "Commands:",
      ] + table(commands) + ["", "Options:"] + table(options) + [
        "", "An account is written imaps://user@host or imap://user@host.",
        "See mailarc COMMAND --help, and mailarc help --man for the manual page.",
      ]
    return lines.joined(separator: "\n")
  }

  /// The help of one command: its operands and every option that it takes.
  static func command(_ command: Command) -> String {
    var lines = ["Usage: mailarc \(command.usage) [OPTION...]"]
    if let other = command.alternativeUsage { lines.append("       mailarc \(other) [OPTION...]") }
    lines.append("")
    lines += Wrap.lines(command.summary + ".", width: 80)
    let options = OptionTable.options(of: command.name)
    for group in Option.Group.allCases {
      let rows = options.filter { $0.group == group }.map { ($0.usage, $0.summary) }
      if !rows.isEmpty { lines += ["", "\(group.rawValue) options:"] + table(rows) }
    }
    lines += ["", "See mailarc help --man for the whole manual."]
    return lines.joined(separator: "\n")
  }

  private static func table(_ rows: [(String, String)]) -> [String] {
    let column = 28
    return rows.flatMap { usage, summary in
      let texts = Wrap.lines(summary, width: 80 - column)
      let head = "  " + usage
      let indent = String(repeating: " ", count: column)
      if head.utf8.count + 2 > column { return [head] + texts.map { indent + $0 } }
      return [TerminalText.pad(head, to: column) + texts[0]]
        + texts.dropFirst().map { indent + $0 }
    }
  }
}

/// Breaks text into lines at blanks.
enum Wrap {
  /// At least one line; a word that is longer than a line gets one for itself.
  static func lines(_ text: String, width: Int) -> [String] {
    var lines = [""]
    for word in text.split(separator: " ") {
      let last = lines[lines.count - 1]
      if last.isEmpty {
        lines[lines.count - 1] = String(word)
      } else if last.count + 1 + word.count <= width {
        lines[lines.count - 1] += " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
