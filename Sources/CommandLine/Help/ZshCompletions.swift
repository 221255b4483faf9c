/// The completions for zsh.
enum ZshCompletions {
  /// A file for a directory in `fpath`, named `_mailarc`.
  static func script() -> String {
    let commands = OptionTable.commands.map {
      "    " + Completions.quoted("\($0.name.rawValue):\($0.summary)")
    }
    let alone = OptionTable.options.filter(\.commands.isEmpty).map { "    " + specification($0) }
    return """
      #compdef mailarc
      # Completions of mailarc for zsh.
      _mailarc() {
        local context state state_descr line
        typeset -A opt_args
        local -a commands options
        commands=(
      \(commands.joined(separator: "\n"))
        )
        options=(
      \(alone.joined(separator: "\n"))
        )
        _arguments -C $options '1:command:->command' '*::operand:->operands'
        case $state in
          command) _describe -t commands command commands ;;
          operands)
            case $words[1] in
      \(OptionTable.commands.map(arm).joined(separator: "\n"))
            esac ;;
        esac
      }
      if [[ $funcstack[1] == _mailarc ]]; then
        _mailarc "$@"
      else
        compdef _mailarc mailarc
      fi
      """
  }

  private static func arm(_ command: Command) -> String {
    let options = OptionTable.options(of: command.name).map { "            " + specification($0) }
    let operands = command.operands.indices.map { place -> String in
      let operand = command.operands[place]
      let prefix = command.isOptional(place) ? "::" : ":"
      switch operand {
      case "ARCHIVE": return "            '" + prefix + operand + ":_files -/'"
      case "COMMAND":
        return "            '" + prefix + operand + ":("
          + OptionTable.commands.map(\.name.rawValue).joined(separator: " ") + ")'"
      default: return "            '" + prefix + operand + ": '"
      }
    }
    return """
              \(command.name.rawValue))
                options=(
      \((options + operands).joined(separator: "\n"))
                )
                _arguments $options ;;
      """
  }

  private static func specification(_ option: Option) -> String {
    let equals = option.value == .none ? "" : "="
    let summary = option.summary.replacing("\\", with: "\\\\").replacing("[", with: "\\[")
      .replacing("]", with: "\\]").replacing(":", with: "\\:")
    let action =
      switch option.value {
      case .none: ""
      case .file(let name): ":\(name):_files"
      case .text(let name), .number(let name, _): ":\(name): "
      case .choice(let name, let words): ":\(name):(\(words.joined(separator: " ")))"
      }
    return Completions.quoted("\(option.spelling)\(equals)[\(summary)]\(action)")
  }
}
