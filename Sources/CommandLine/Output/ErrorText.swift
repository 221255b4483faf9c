import Pipeline

/// Writes failures as the terminal's rules ask for it.
enum ErrorText {
  /// The error line and the hints that follow it.
  static func lines(_ failure: Failure) -> (error: String, hints: [String]) {
    let error = "mailarc: " + TerminalText.escape(failure.summary)
    return (error, failure.advice.map { ["hint: " + TerminalText.escape($0)] } ?? [])
  }

  /// Shows a failure on standard error.
  static func show(_ failure: Failure, on terminal: Terminal) {
    let (error, hints) = lines(failure)
    terminal.warn(error)
    terminal.note(hints)
  }
}
