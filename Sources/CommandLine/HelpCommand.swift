import Pipeline

/// `mailarc help`, and `--help` and `--version` wherever they stand.
enum HelpCommand {
  /// The text that an invocation asks for, or nil if it asks for none.
  ///
  /// - Throws: a usage failure for help on something unknown.
  static func text(_ invocation: Invocation) throws(Failure) -> String? {
    if invocation.has(.version) { return "mailarc \(Version.text)" }
    if invocation.has(.help) { return try help(invocation.command?.rawValue) }
    guard invocation.command == .help else { return nil }
    if invocation.has(.man) { return ManualPage.render() }
    if let shell = invocation.text(.completions) { return Completions.script(shell: shell) }
    return try help(invocation.operands.first)
  }

  private static func help(_ word: String?) throws(Failure) -> String {
    guard let word else { return HelpText.program() }
    guard let name = CommandName(rawValue: word), let command = OptionTable.command(name) else {
      throw .usage("no help on \"\(word)\"", advice: "See mailarc --help.")
    }
    return HelpText.command(command)
  }
}
