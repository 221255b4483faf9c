import Clients
import Pipeline
import Platform
import Protocols
import Transport

/// What a command works with besides its own options.
struct RunContext: Sendable {
  let invocation: Invocation
  let terminal: Terminal
  /// Raised by SIGINT and SIGTERM.
  let interruption: Interruption

  /// An account of the command line, with the password; may ask for it.
  ///
  /// - Parameters:
  ///   - url: the account.
  ///   - role: whose options count.
  /// - Returns: the account, as they say that it is reached.
  /// - Throws: a usage failure; the signal's failure if interrupted.
  func account(_ url: AccountURL, _ role: AccountRole = .sole) throws(Failure) -> ServerAccount {
    let namespaces = try namespaces(of: url, role)
    var account = ServerAccount(
      service: url.service, user: url.user, password: try password(for: url, role),
      host: url.host, port: url.port, security: security(of: url, role),
      trust: invocation.text(.tlsAuthority.of(role)).map { .file(path: $0) } ?? .system,
      timeout: Double(invocation.number(.timeout.of(role)) ?? 30), identity: url.identity)
    account.namespaces = namespaces
    return account
  }

  /// What the command line says of the account's mailbox names.
  private func namespaces(
    of url: AccountURL, _ role: AccountRole
  ) throws(Failure) -> NamespaceChoice {
    let names: [OptionName] = [.separator, .namespace, .allNamespaces]
    for name in names where url.service != .imap && invocation.has(name.of(role)) {
      throw .usage(
        "--\(name.of(role).rawValue) is for IMAP",
        advice: "POP3 gives one mailbox, which has neither a name nor a namespace.")
    }
    var choice = NamespaceChoice()
    choice.all = invocation.has(.allNamespaces.of(role))
    choice.prefix = invocation.text(.namespace.of(role)).map { $0 == "none" ? "" : $0 }
    if let word = invocation.text(.separator.of(role)) {
      guard let separator = NamespaceChoice.Separator(word: word) else {
        throw .usage(
          "--\(OptionName.separator.of(role).rawValue) wants one character, or the word none",
          advice: "Most servers have / or a full stop.")
      }
      choice.separator = separator
    }
    return choice
  }

  /// How many connections may be used.
  var connections: Int { invocation.number(.connections) ?? 4 }

  private func security(of url: AccountURL, _ role: AccountRole) -> ConnectionSecurity {
    switch url.security {
    case .tls: .tls
    case .startTLS: invocation.has(.allowPlaintext.of(role)) ? .plaintextAllowed : .startTLS
    }
  }

  private func password(for url: AccountURL, _ role: AccountRole) throws(Failure) -> Secret {
    try invocation.refuse(.passwordFile.of(role), with: .passwordCommand.of(role))
    let source = PasswordSource(
      file: invocation.text(.passwordFile.of(role)),
      command: invocation.text(.passwordCommand.of(role)), role: role,
      environment: Environment.value(role.passwordVariable), terminal: "/dev/tty")
    return try source.password(for: url, interruption: interruption)
  }
}

extension NamespaceChoice.Separator {
  /// A word of the command line: one printable ASCII character, or `none`; nil for anything else.
  fileprivate init?(word: String) {
    if word == "none" {
      self = .none
      return
    }
    guard word.utf8.count == 1, let octet = word.utf8.first, (0x21...0x7E).contains(octet) else {
      return nil
    }
    self = .octet(octet)
  }
}
