import Pipeline

/// A command line that was understood.
struct Invocation: Sendable, Equatable {
  /// The command; nil for a lone `--help` or `--version`.
  var command: CommandName?
  /// As many as the command asks for.
  var operands: [String]
  /// Each option given, with its checked value; empty for those that take none.
  var values: [OptionName: String]

  /// Whether an option was given.
  func has(_ name: OptionName) -> Bool {
    values[name] != nil
  }

  /// The value of an option; the last one if it was given more than once.
  func text(_ name: OptionName) -> String? {
    values[name]
  }

  /// The value of a numeric option.
  func number(_ name: OptionName) -> Int? {
    values[name].flatMap { Int($0) }
  }

  /// Refuses two options that contradict each other.
  ///
  /// - Throws: a usage failure if both were given.
  func refuse(_ one: OptionName, with other: OptionName) throws(Failure) {
    guard has(one), has(other) else { return }
    throw .usage("--\(one.rawValue) and --\(other.rawValue) can't both be given")
  }
}
