import Pipeline

/// Which account of a command line is meant.
enum AccountRole: Sendable {
  /// The only one.
  case sole
  /// Of two, the one that is read.
  case source
  /// Of two, the one that is written to.
  case target

  /// What the account is called in usage lines.
  var operand: String {
    switch self {
    case .sole: "ACCOUNT"
    case .source: "SOURCE"
    case .target: "TARGET"
    }
  }

  /// The variable with its password.
  var passwordVariable: String {
    switch self {
    case .sole: "MAILARC_PASSWORD"
    case .source: "MAILARC_SOURCE_PASSWORD"
    case .target: "MAILARC_TARGET_PASSWORD"
    }
  }

  /// What options and error messages about it begin with.
  var prefix: String {
    switch self {
    case .sole: ""
    case .source: "source-"
    case .target: "target-"
    }
  }
}

extension OptionName {
  /// The option of that account, for one that belongs to an account.
  func of(_ role: AccountRole) -> OptionName {
    OptionName(rawValue: role.prefix + rawValue) ?? self
  }

  /// The options that belong to an account, by their names where it is the only one.
  static let ofAccount: [OptionName] = [
    .passwordFile, .passwordCommand, .tlsAuthority, .allowPlaintext, .timeout, .separator,
    .namespace, .allNamespaces,
  ]

  /// Refuses options that don't say which account they mean, or mean one that is not there.
  ///
  /// - Parameters:
  ///   - invocation: the command line.
  ///   - isPair: whether there are two accounts.
  /// - Throws: a usage failure.
  static func check(_ invocation: Invocation, isPair: Bool) throws(Failure) {
    let roles: [AccountRole] = isPair ? [.sole] : [.source, .target]
    for role in roles {
      for option in OptionName.ofAccount where invocation.has(option.of(role)) {
        let name = option.rawValue
        guard isPair else {
          throw .usage(
            "--\(option.of(role).rawValue) is for two accounts, and there is one",
            advice: "Write --\(name).")
        }
        throw .usage(
          "--\(name) does not say which of the two accounts it means",
          advice: "Write --source-\(name) or --target-\(name).")
      }
    }
  }
}
