package import Platform
package import Protocols

extension IMAPConnection {
  /// Connects, secures the connection and logs in, with one try.
  ///
  /// - Parameters:
  ///   - account: whom to log in as, and where.
  ///   - enabling: the extensions to switch on where the server offers them.
  ///   - interruption: what ends every wait of the connection.
  /// - Returns: a connection in the authenticated state whose capabilities are known.
  /// - Throws: `ClientError`.
  package static func open(
    _ account: ServerAccount, enabling: [Capability], interruption: Interruption
  ) throws(ClientError) -> IMAPConnection {
    let connection = IMAPConnection(
      try ServerStream.connect(account, interruption: interruption))
    let isPreauthenticated = try connection.greet()
    try connection.learnCapabilities()
    if account.security != .tls, !isPreauthenticated {
      try connection.upgrade()
    } else if account.security == .startTLS {
      throw .tlsNotOffered(.imap)
    }
    if !isPreauthenticated {
      try connection.authenticate()
      try connection.learnCapabilities()
    }
    connection.introduce(enabling: enabling)
    return connection
  }

  /// Whether somebody answers who speaks IMAP; there is no login, and nothing is said.
  package static func greets(_ account: ServerAccount, interruption: Interruption) -> Bool {
    guard let stream = try? ServerStream.connect(account, interruption: interruption) else {
      return false
    }
    return (try? IMAPConnection(stream).greet()) != nil
  }

  /// Waits for the greeting; true if the server takes us as logged in already.
  private func greet() throws(ClientError) -> Bool {
    while true {
      guard case .greeting(let status, let text) = try next() else { continue }
      switch status {
      case .ok: return false
      case .preauthenticated: return true
      case .bye: throw .serverClosed(text)
      }
    }
  }

  private func learnCapabilities() throws(ClientError) {
    if session.needsCapability { try run(.capability, "CAPABILITY") }
    guard capabilities.isUsable else { throw .unsupportedServer }
  }

  private func upgrade() throws(ClientError) {
    guard capabilities.contains(.startTLS) else {
      guard account.security == .plaintextAllowed else { throw .tlsNotOffered(.imap) }
      return
    }
    try run(.startTLS, "STARTTLS")
    _ = session.discardBeforeTLS()
    discardInput()
    try stream.secure()
    try learnCapabilities()
  }

  /// Logs in with the password, by the means that the server offers.
  func authenticate() throws(ClientError) {
    let command: IMAPCommand
    offered = capabilities
    if capabilities.contains(.authPlain) {
      command = .authenticatePlain(
        authorizationID: "", user: account.user, password: account.password,
        initialResponse: capabilities.contains(.saslIR))
    } else if !capabilities.contains(.loginDisabled) {
      command = .login(user: account.user, password: account.password)
    } else {
      throw .noLoginMechanism(.imap)
    }
    do {
      try run(command, "login")
      if case .login = command {
        loginCommand = "LOGIN"
      } else {
        loginCommand = "AUTHENTICATE PLAIN"
      }
    } catch {
      guard case .refused(_, _, let text) = error else { throw error }
      if text.isPassing { throw .loginUnavailable(text) }
      throw .loginRefused(.imap, text)
    }
  }

  /// Says and asks what needs no answer before the next command goes out.
  private func introduce(enabling wanted: [Capability]) {
    if capabilities.contains(.id) { sendUnawaited(.id(["name": "mailarc"])) }
    if capabilities.contains(.namespace) { sendUnawaited(.namespace) }
    let offered = wanted.filter { capabilities.contains($0) }
    if capabilities.contains(.enable), !offered.isEmpty { sendUnawaited(.enable(offered)) }
  }
}
