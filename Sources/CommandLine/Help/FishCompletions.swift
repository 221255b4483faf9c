/// The completions for fish.
enum FishCompletions {
  /// A file for fish's directory of completions, named `mailarc.fish`.
  static func script() -> String {
    var lines = ["# Completions of mailarc for fish.", "complete -c mailarc -f"]
    for command in OptionTable.commands {
      lines.append(
        "complete -c mailarc -n __fish_use_subcommand -a \(command.name.rawValue) -d "
          + quoted(command.summary))
      for words in command.operands.compactMap({ Command.choices(of: $0) }) {
        lines.append(
          "complete -c mailarc -n '__fish_seen_subcommand_from \(command.name.rawValue)' "
            + "-a '\(words.joined(separator: " "))'")
      }
      if command.operands.contains("ARCHIVE") {
        lines.append(
          "complete -c mailarc -n '__fish_seen_subcommand_from \(command.name.rawValue)' "
            + "-a '(__fish_complete_directories)'")
      }
    }
    return (lines + OptionTable.options.map(line)).joined(separator: "\n")
  }

  private static func line(_ option: Option) -> String {
    var words = ["complete -c mailarc"]
    if !option.commands.isEmpty {
      let commands = option.commands.map(\.rawValue).joined(separator: " ")
      words.append("-n '__fish_seen_subcommand_from \(commands)'")
    }
    words.append("-l \(option.name.rawValue) -d " + quoted(option.summary))
    switch option.value {
    case .none: break
    case .file: words.append("-r -F")
    case .text, .number: words.append("-x")
    case .choice(_, let choices): words.append("-x -a \(quoted(choices.joined(separator: " ")))")
    }
    return words.joined(separator: " ")
  }

  // Fish knows two escapes within single quotes, and no others.
  private static func quoted(_ text: String) -> String {
    "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
  }
}
