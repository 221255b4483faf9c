import Pipeline

/// Turns the words of a command line into an invocation, by the option table.
///
/// Options may stand anywhere before `--`, with their value in the same word after `=` or in the
/// next word. They are never abbreviated.
enum ArgumentParser {
  /// Parses the words after the program's name.
  ///
  /// - Throws: a usage failure that says what is wrong and what might have been meant.
  static func parse(_ arguments: [String]) throws(Failure) -> Invocation {
    var scan = Scan()
    var index = arguments.startIndex
    var optionsEnded = false
    while index < arguments.endIndex {
      let word = arguments[index]
      index += 1
      if word.unicodeScalars.contains("\u{FFFD}") {
        throw .usage("argument \"\(word)\" is not valid UTF-8")
      }
      if optionsEnded || !word.hasPrefix("-") || word == "-" {
        scan.operands.append(word)
      } else if word == "--" {
        optionsEnded = true
      } else {
        let next = index < arguments.endIndex ? arguments[index] : nil
        if try scan.addOption(word, next: next) { index += 1 }
      }
    }
    return try scan.finish()
  }
}

/// What was read of a command line so far.
private struct Scan {
  var operands: [String] = []
  var values: [OptionName: String] = [:]
  var order: [OptionName] = []

  /// Takes an option; returns whether the next word was its value.
  mutating func addOption(_ word: String, next: String?) throws(Failure) -> Bool {
    let word = word == "-h" ? "--help" : word
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let spelling = String(parts[0])
    let option = try Self.option(spelling)
    if !order.contains(option.name) { order.append(option.name) }
    let attached = parts.count > 1 ? String(parts[1]) : nil
    guard let valueName = option.value.name else {
      guard attached == nil else { throw .usage("\(spelling) takes no value") }
      values[option.name] = ""
      return false
    }
    guard let value = attached ?? next else {
      throw .usage("\(spelling) needs a value: \(spelling) \(valueName)")
    }
    try Self.check(value, for: option)
    values[option.name] = value
    return attached == nil
  }

  /// Checks what depends on the command, once all words are read.
  mutating func finish() throws(Failure) -> Invocation {
    guard let word = operands.first else {
      guard let alone = order.first(where: { Self.standsAlone($0) }) else {
        throw .usage("no command given", advice: "Try mailarc --help.")
      }
      return Invocation(command: nil, operands: [], values: [alone: ""])
    }
    guard let name = CommandName(rawValue: word), let command = OptionTable.command(name) else {
      throw Self.unknownCommand(word)
    }
    operands.removeFirst()
    for option in order {
      let takers = OptionTable.options.filter { $0.name == option }.flatMap(\.commands)
      guard takers.isEmpty || takers.contains(name) else {
        let others = takers.map(\.rawValue).joined(separator: " and ")
        throw .usage(
          "--\(option.rawValue) belongs to \(others), not to \(name.rawValue)",
          advice: "See mailarc \(name.rawValue) --help.")
      }
    }
    let standsAlone = order.contains { Self.standsAlone($0) }
    if !standsAlone {
      if let alternative = command.alternative, values[alternative.option] != nil {
        let other = Command(
          name: name, operands: alternative.operands, summary: command.summary,
          details: command.details)
        try Self.check(operands, for: other)
      } else {
        try Self.check(operands, for: command)
      }
    }
    return Invocation(command: name, operands: operands, values: values)
  }

  private static func standsAlone(_ name: OptionName) -> Bool {
    OptionTable.options.contains { $0.name == name && $0.commands.isEmpty }
  }

  private static func option(_ spelling: String) throws(Failure) -> Option {
    if let option = OptionTable.options.first(where: { $0.spelling == spelling }) { return option }
    if spelling == "--password" {
      throw .usage(
        "unknown option --password",
        advice: "A password on the command line can be seen by every user of the machine. Use "
          + "--password-file or --password-command.")
    }
    let nearest = Suggestion.nearest(
      to: spelling, among: OptionTable.options.map(\.spelling))
    throw .usage(
      "unknown option \(spelling)",
      advice: nearest.map { "Did you mean \($0)?" } ?? "See mailarc --help.")
  }

  private static func unknownCommand(_ word: String) -> Failure {
    let nearest = Suggestion.nearest(to: word, among: CommandName.allCases.map(\.rawValue))
    return .usage(
      "unknown command \(word)",
      advice: nearest.map { "Did you mean \($0)?" } ?? "See mailarc --help.")
  }

  private static func check(_ value: String, for option: Option) throws(Failure) {
    switch option.value {
    case .none:
      break
    case .file(let name), .text(let name):
      guard !value.isEmpty else { throw .usage("\(option.spelling) needs a \(name), not nothing") }
    case .number(_, let range):
      let digits = !value.isEmpty && value.utf8.allSatisfy { (0x30...0x39).contains($0) }
      guard digits, let number = Int(value), range.contains(number) else {
        throw .usage(
          "\(option.spelling) takes a number from \(range.lowerBound) to \(range.upperBound), "
            + "not \"\(value)\"")
      }
    case .choice(_, let words):
      guard words.contains(value) else {
        throw .usage(
          "\(option.spelling) does not know \"\(value)\"",
          advice: "This version knows: \(words.joined(separator: ", ")).")
      }
    }
  }

  private static func check(_ operands: [String], for command: Command) throws(Failure) {
    let advice = "Usage: mailarc \(command.usage)"
    if operands.count > command.operands.count {
      throw .usage(
        "\(command.name.rawValue): one operand too many: \(operands[command.operands.count])",
        advice: advice)
    }
    guard operands.count >= command.operands.count - command.optionalOperands else {
      throw .usage(
        "\(command.name.rawValue): \(command.operands[operands.count]) is missing", advice: advice)
    }
    for (name, operand) in zip(command.operands, operands) {
      guard !operand.isEmpty else {
        throw .usage("\(command.name.rawValue): \(name) is empty", advice: advice)
      }
      // Taken as a path, an account would become a directory of that name.
      guard name != "ARCHIVE" || !operand.contains("://") else {
        throw .usage("ARCHIVE is a directory, not \"\(operand)\"", advice: advice)
      }
    }
  }
}
