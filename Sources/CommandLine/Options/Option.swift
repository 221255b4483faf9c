/// What an option takes, which is checked when the command line is parsed.
enum OptionValue: Sendable, Equatable {
  /// Nothing: it is there or not.
  case none
  /// A path, shown as this value name; completed with file names.
  case file(String)
  /// Any text, shown as this value name.
  case text(String)
  /// A decimal number within the range, shown as this value name.
  case number(String, ClosedRange<Int>)
  /// One of a few words, shown as this value name.
  case choice(String, [String])

  /// The value name as shown in help texts; nil if nothing is taken.
  var name: String? {
    switch self {
    case .none: nil
    case .file(let name), .text(let name), .number(let name, _), .choice(let name, _): name
    }
  }
}

/// The commands, by their words on the command line.
enum CommandName: String, Sendable, CaseIterable {
  case pull
  case push
  case convert
  case list
  case status
  case verify
  case trash
  case probe
  case selftest
  case help
}

/// The options, by their words on the command line.
enum OptionName: String, Sendable, CaseIterable {
  case passwordFile = "password-file"
  case passwordCommand = "password-command"
  case tlsAuthority = "tls-ca"
  case allowPlaintext = "allow-plaintext"
  case timeout
  case separator
  case namespace
  case allNamespaces = "all-namespaces"
  case sourcePasswordFile = "source-password-file"
  case sourcePasswordCommand = "source-password-command"
  case sourceTlsAuthority = "source-tls-ca"
  case sourceAllowPlaintext = "source-allow-plaintext"
  case sourceTimeout = "source-timeout"
  case sourceSeparator = "source-separator"
  case sourceNamespace = "source-namespace"
  case sourceAllNamespaces = "source-all-namespaces"
  case targetPasswordFile = "target-password-file"
  case targetPasswordCommand = "target-password-command"
  case targetTlsAuthority = "target-tls-ca"
  case targetAllowPlaintext = "target-allow-plaintext"
  case targetTimeout = "target-timeout"
  case targetSeparator = "target-separator"
  case targetNamespace = "target-namespace"
  case targetAllNamespaces = "target-all-namespaces"
  case connections
  case dryRun = "dry-run"
  case layout
  case mboxDialect = "mbox-dialect"
  case state
  case acceptDeletions = "accept-deletions"
  case refetchDeleted = "refetch-deleted"
  case resendDeleted = "resend-deleted"
  case withDeleted = "with-deleted"
  case retryRefused = "retry-refused"
  case mend
  case full
  case prune
  case pruneLimit = "prune-limit"
  case fixDates = "fix-dates"
  case messages
  case explain
  case rebuild
  case receipt
  case against
  case account
  case mailbox
  case olderThan = "older-than"
  case kills
  case messageCount = "message-count"
  case seed
  case quiet
  case json
  case man
  case completions
  case help
  case version
}

/// One row of the option table.
struct Option: Sendable {
  /// The heading under which help texts list it.
  enum Group: String, Sendable, CaseIterable {
    case account = "Account"
    case transfer = "Transfer"
    case reading = "Reading"
    case selftest = "Selftest"
    case output = "Output"
  }

  let name: OptionName
  let group: Group
  /// The commands that take it; empty: it stands for itself, with or without a command.
  let commands: [CommandName]
  let value: OptionValue
  /// One line without a full stop.
  let summary: String
  /// Whole sentences for the manual, with `backticks` around what is to be typed.
  let details: String

  /// The option as it is typed, for example `--tls-ca`.
  var spelling: String { "--" + name.rawValue }

  /// The option with its value name, for example `--tls-ca FILE`.
  var usage: String { value.name.map { spelling + " " + $0 } ?? spelling }
}

/// One command: a row of the command table.
struct Command: Sendable {
  let name: CommandName
  /// The names of its operands, in order; one that is one of some words has these, with `|` between.
  let operands: [String]
  /// How many of them, the last ones, may be left out.
  var optionalOperands = 0
  /// An option with which it has other operands, all of which it needs.
  var alternative: (option: OptionName, operands: [String])?
  /// One line without a full stop.
  let summary: String
  /// Whole sentences for the manual, in paragraphs.
  let details: [String]

  /// The words that an operand can be; nil where it can be anything.
  static func choices(of operand: String) -> [String]? {
    operand.contains("|") ? operand.split(separator: "|").map(String.init) : nil
  }

  /// The command with its operands, without the program's name.
  var usage: String {
    let words = operands.indices.map { isOptional($0) ? "[\(operands[$0])]" : operands[$0] }
    return ([name.rawValue] + words).joined(separator: " ")
  }

  /// The same for the option with which it has other operands.
  var alternativeUsage: String? {
    alternative.flatMap { alternative in
      OptionTable.options.first { $0.name == alternative.option }.map {
        ([name.rawValue, $0.usage] + alternative.operands).joined(separator: " ")
      }
    }
  }

  /// Whether the operand at that place may be left out.
  func isOptional(_ place: Int) -> Bool { place >= operands.count - optionalOperands }
}
