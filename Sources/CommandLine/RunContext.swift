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

  /// The account of the command line, with the password; may ask for it.
  ///
  /// - Throws: a usage failure; the signal's failure if interrupted.
  func account(_ url: AccountURL) throws(Failure) -> ServerAccount {
    ServerAccount(
      service: url.service, user: url.user, password: try password(for: url), host: url.host,
      port: url.port, security: security(of: url),
      trust: invocation.text(.tlsAuthority).map { .file(path: $0) } ?? .system,
      timeout: Double(invocation.number(.timeout) ?? 60), identity: url.identity)
  }

  /// How many connections may be used.
  var connections: Int { invocation.number(.connections) ?? 4 }

  private func security(of url: AccountURL) -> ConnectionSecurity {
    switch url.security {
    case .tls: .tls
    case .startTLS: invocation.has(.allowPlaintext) ? .plaintextAllowed : .startTLS
    }
  }

  private func password(for url: AccountURL) throws(Failure) -> Secret {
    try invocation.refuse(.passwordFile, with: .passwordCommand)
    let source = PasswordSource(
      file: invocation.text(.passwordFile), command: invocation.text(.passwordCommand),
      environment: Environment.value(PasswordSource.variable), terminal: "/dev/tty")
    return try source.password(for: url, interruption: interruption)
  }
}
