/// Writes shell scripts that complete mailarc's command lines.
enum Completions {
  /// The script for a shell that `--completions` knows; nil for another.
  static func script(shell: String) -> String? {
    switch shell {
    case "bash": BashCompletions.script()
    case "zsh": ZshCompletions.script()
    case "fish": FishCompletions.script()
    default: nil
    }
  }

  /// Text in single quotes, for any of the shells.
  static func quoted(_ text: String) -> String {
    "'" + text.replacing("'", with: "'\\''") + "'"
  }
}
