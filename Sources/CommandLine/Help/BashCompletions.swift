/// The completions for bash.
enum BashCompletions {
  /// A script that bash sources.
  static func script() -> String {
    let commands = OptionTable.commands.map(\.name.rawValue)
    let alone = OptionTable.options.filter(\.commands.isEmpty).map(\.spelling)
    let first = (commands + alone).joined(separator: " ")
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
          '') COMPREPLY=($(compgen -W '\(first)' -- "$current")) ;;
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
        "    \(option.spelling)) COMPREPLY=($(compgen -f -- \"$current\")); return ;;"
      case .choice(_, let words):
        "    \(option.spelling)) COMPREPLY=($(compgen -W '\(words.joined(separator: " "))' "
          + "-- \"$current\")); return ;;"
      case .text, .number: "    \(option.spelling)) return ;;"
      }
    }.joined(separator: "\n")
  }

  private static func arm(_ command: Command) -> String {
    let spellings = OptionTable.options(of: command.name).map(\.spelling).joined(separator: " ")
    let otherwise =
      command.name == .help
      ? "COMPREPLY=($(compgen -W '"
        + OptionTable.commands.map(\.name.rawValue).joined(separator: " ")
        + "' -- \"$current\"))" : "COMPREPLY=($(compgen -d -- \"$current\"))"
    return """
          \(command.name.rawValue))
            if [[ $current == -* ]]; then
              COMPREPLY=($(compgen -W '\(spellings)' -- "$current"))
            else
              \(otherwise)
            fi ;;
      """
  }
}
