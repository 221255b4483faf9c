/// The completions for bash.
enum BashCompletions {
  /// A script that bash sources.
  static func script() -> String {
    let commands = OptionTable.commands.map(\.name.rawValue)
    let alone = OptionTable.options.filter(\.commands.isEmpty).map(\.spelling)
    return """
      # Completions of mailarc for bash.
      _mailarc() {
        local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
        local command= index
        COMPREPLY=()
        # Bash takes --option=value apart at the equals sign.
        if [[ $current == '=' ]]; then
          current=
        elif [[ $previous == '=' ]] && (( COMP_CWORD > 1 )); then
          previous=${COMP_WORDS[COMP_CWORD-2]}
        fi
        for (( index = 1; index < COMP_CWORD; index++ )); do
          case ${COMP_WORDS[index]} in
            \(commands.joined(separator: "|"))) command=${COMP_WORDS[index]}; break ;;
          esac
        done
        case $previous in
      \(values())
        esac
        case $command in
          '') \(offer(words: commands + alone)) ;;
      \(OptionTable.commands.map(arm).joined(separator: "\n"))
        esac
      }
      complete -o filenames -F _mailarc mailarc
      """
  }

  private static func values() -> String {
    var seen: Set<OptionName> = []
    let options = OptionTable.options.filter { seen.insert($0.name).inserted }
    return options.compactMap { option in
      switch option.value {
      case .none: nil
      case .file:
        "    \(option.spelling)) \(offer("-f")); return ;;"
      case .choice(_, let words):
        "    \(option.spelling)) \(offer(words: words)); return ;;"
      case .text, .number: "    \(option.spelling)) return ;;"
      }
    }.joined(separator: "\n")
  }

  private static func arm(_ command: Command) -> String {
    let spellings = OptionTable.options(of: command.name).map(\.spelling)
    let words =
      command.name == .help
      ? OptionTable.commands.map(\.name.rawValue)
      : command.operands.compactMap { Command.choices(of: $0) }.flatMap { $0 }
    let directories = command.name == .help ? "" : words.isEmpty ? "-d" : "-d "
    let otherwise = offer(
      directories + (words.isEmpty ? "" : "-W '\(words.joined(separator: " "))'"))
    return """
          \(command.name.rawValue))
            if [[ $current == -* ]]; then
              \(offer(words: spellings))
            else
              \(otherwise)
            fi ;;
      """
  }

  private static func offer(words: [String]) -> String {
    offer("-W '\(words.joined(separator: " "))'")
  }

  // Line by line, so that a file name with blanks stays whole.
  private static func offer(_ what: String) -> String {
    "mapfile -t COMPREPLY < <(compgen \(what) -- \"$current\")"
  }
}
