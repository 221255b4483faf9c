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
    ServerAccount(
      service: url.service, user: url.user, password: try password(for: url, role),
      host: url.host, port: url.port, security: security(of: url, role),
      trust: invocation.text(.tlsAuthority.of(role)).map { .file(path: $0) } ?? .system,
      timeout: Double(invocation.number(.timeout.of(role)) ?? 30), identity: url.identity)
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
