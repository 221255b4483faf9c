import Pipeline
package import Platform

/// What a command works with besides its own options.
package struct RunContext: Sendable {
  package let invocation: Invocation
  package let terminal: Terminal
  /// Raised by SIGINT and SIGTERM.
  package let interruption: Interruption

  /// The account options of the command line, with the password; may ask for it.
  ///
  /// - Throws: a usage failure; the signal's failure if interrupted.
  func account(_ url: AccountURL) throws(Failure) -> AccountOptions {
    AccountOptions(
      url: url, password: try password(for: url),
      tlsAuthorityFile: invocation.text(.tlsAuthority),
      allowsPlaintext: invocation.has(.allowPlaintext),
      timeoutSeconds: invocation.number(.timeout) ?? 60,
      connections: invocation.number(.connections) ?? 4)
  }

  private func password(for url: AccountURL) throws(Failure) -> Password {
    try invocation.refuse(.passwordFile, with: .passwordCommand)
    let source = PasswordSource(
      file: invocation.text(.passwordFile), command: invocation.text(.passwordCommand),
      environment: Environment.value(PasswordSource.variable), terminal: "/dev/tty")
    return try source.password(for: url, interruption: interruption)
  }
}
