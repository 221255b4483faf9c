extension OptionTable {
  /// What is shown and in which form.
  static let outputOptions: [Option] = [
    Option(
      name: .quiet, group: .output, commands: [.pull, .push, .convert, .verify, .probe, .selftest],
      value: .none,
      summary: "print nothing but what needs attention",
      details: "Show no progress, and no summary either unless something needs attention: a "
        + "message that could not be transferred or is not as it came, a question, a failure."),
    Option(
      name: .json, group: .output,
      commands: [.pull, .push, .convert, .list, .status, .verify, .trash, .probe, .selftest],
      value: .none,
      summary: "print events as JSON, one object a line",
      details: "Print what happens as JSON on the standard output, one object a line, instead of "
        + "progress and summary. See JSON EVENTS."),
    Option(
      name: .man, group: .output, commands: [.help], value: .none,
      summary: "print the manual page in roff",
      details: "Print this page in roff. Read it with `mailarc help --man | man -l -`."),
    Option(
      name: .completions, group: .output, commands: [.help],
      value: .choice("SHELL", ["bash", "zsh", "fish"]),
      summary: "print completions for bash, zsh or fish",
      details: "Print a script that completes mailarc's command lines in bash, zsh or fish."),
    Option(
      name: .help, group: .output, commands: [], value: .none,
      summary: "show help, for a command if there is one",
      details: "Show the command's options, or without a command the list of commands. "
        + "`-h` is the same."),
    Option(
      name: .version, group: .output, commands: [], value: .none,
      summary: "show the version",
      details: "Show the version."),
  ]
}
