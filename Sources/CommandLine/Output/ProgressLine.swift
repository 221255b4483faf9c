import Mail

/// Draws the progress line.
enum ProgressLine {
  /// The line for a state at a time, at most that many columns wide.
  ///
  /// The mailbox comes first and is what gets shortened; what does not fit at the end is left out.
  /// - Parameters:
  ///   - state: how far the run is.
  ///   - seconds: the time since the run began.
  ///   - width: columns that may be used.
  /// - Returns: the line, escaped.
  static func render(_ state: ProgressState, seconds: Double, width: Int) -> String {
    var parts = [messages(state), amount(state)]
    if let rate = state.rate(seconds: seconds), rate.bytes >= 1 {
      parts.append(Quantity.bytes(Int64(rate.bytes)) + "/s")
    }
    if let remaining = state.remaining(seconds: seconds) {
      parts.append(Quantity.time(seconds: remaining) + " left")
    }
    if state.failures > 0 { parts.append(Quantity.count(state.failures) + " failed") }
    let name = state.mailbox.map { TerminalText.escape($0.description) } ?? ""
    let room = width - (name.isEmpty ? 0 : min(TerminalText.width(name), 12) + 2)
    var facts = parts.joined(separator: "  ")
    while TerminalText.width(facts) > room, parts.count > 1 {
      // Failures are kept longest: they are what somebody must know.
      parts.remove(at: state.failures > 0 ? parts.count - 2 : parts.count - 1)
      facts = parts.joined(separator: "  ")
    }
    let rest = width - TerminalText.width(facts) - 2
    guard !name.isEmpty, rest >= 4 else { return TerminalText.prefix(facts, columns: width) }
    return TerminalText.shorten(name, to: min(rest, 40)) + "  " + facts
  }

  private static func messages(_ state: ProgressState) -> String {
    guard let total = state.totalMessages else { return Quantity.count(state.messages, "message") }
    return "\(Quantity.count(state.messages))/\(Quantity.count(total, "message"))"
  }

  private static func amount(_ state: ProgressState) -> String {
    guard let total = state.totalBytes else { return Quantity.bytes(state.bytes) }
    return "\(Quantity.bytes(state.bytes)) of \(Quantity.bytes(total))"
  }
}
