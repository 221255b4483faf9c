package import Platform
import Protocols

extension POP3Connection {
  /// Connects, secures the connection and logs in.
  ///
  /// - Parameters:
  ///   - account: whom to log in as, and where.
  ///   - interruption: what ends every wait of the connection.
  /// - Returns: a connection that has the mailbox, with what the server says that it can.
  /// - Throws: `ClientError`.
  package static func open(
    _ account: ServerAccount, interruption: Interruption
  ) throws(ClientError) -> POP3Connection {
    let connection = POP3Connection(
      try ServerStream.connect(account, interruption: interruption))
    try connection.begin()
    return connection
  }

  /// Goes from the greeting to the mailbox.
  func begin() throws(ClientError) {
    let timestamp = try greet()
    try learnCapabilities()
    if !isEncrypted { try upgrade() }
    try authenticate(timestamp: timestamp)
    try learnCapabilities()
  }

  /// Waits for the greeting; what it holds for APOP.
  private func greet() throws(ClientError) -> String? {
    while true {
      guard case .greeting(let reply, let timestamp) = try next() else { continue }
      if reply.isOK { return timestamp }
      let text = ResponseText(reply)
      switch reply.code {
      case .auth, .sysPerm: throw .loginRefused(.pop3, text)
      case .loginDelay: throw .loginUnavailable(text, delay: RetryPolicy.loginDelay)
      case .inUse, .sysTemp: throw .loginUnavailable(text)
      case .other, nil: throw .serverClosed(text)
      }
    }
  }

  private func learnCapabilities() throws(ClientError) {
    do { try run(.capa, "CAPA") } catch {
      // Older servers don't know it; nothing is assumed of them.
      guard case .refused = error else { throw error }
    }
  }

  private func upgrade() throws(ClientError) {
    let isRequired = account.security != .plaintextAllowed
    // A server that does not say what it can is asked all the same.
    guard capabilities?.hasSTLS ?? isRequired else {
      if isRequired { throw .tlsNotOffered(.pop3) }
      return
    }
    do { try run(.stls, "STLS") } catch {
      guard case .refused = error, capabilities?.hasSTLS != true else { throw error }
      throw .tlsNotOffered(.pop3)
    }
    try secure()
    try learnCapabilities()
  }

  /// Logs in with the password, by the best means that the server offers, with one try.
  ///
  /// Only after APOP another one follows: a server that has APOP for some users has something else for
  /// the others (RFC 1939, section 13).
  func authenticate(timestamp: String?) throws(ClientError) {
    offered = capabilities
    let digest = timestamp.flatMap {
      MD5.hexadecimal(of: Array($0.utf8) + account.password.declassify())
    }
    let ways = POP3Login.ways(
      isEncrypted: isEncrypted, capabilities: capabilities, hasTimestamp: digest != nil,
      user: account.user, password: account.password)
    for (index, way) in ways.enumerated() {
      do {
        try logIn(way, digest: digest ?? "")
        loginCommand = way.command
        return
      } catch {
        guard case .refused(_, _, let text) = error else { throw error }
        if text.isPassing {
          // Of all codes only LOGIN-DELAY becomes this one.
          let delay =
            text.code == .throttled
            ? offered?.loginDelay.map(Double.init) ?? RetryPolicy.loginDelay : nil
          throw .loginUnavailable(text, delay: delay)
        }
        guard way == .apop, index + 1 < ways.count else { throw .loginRefused(.pop3, text) }
      }
    }
    throw .noLoginMechanism(.pop3)
  }

  private func logIn(_ way: POP3Login, digest: String) throws(ClientError) {
    switch way {
    case .authPlain:
      try run(
        .authPlain(authorizationID: "", user: account.user, password: account.password), "login")
    case .authLogin:
      try run(.authLogin(user: account.user, password: account.password), "login")
    case .userPass:
      try run(.user(account.user), "login")
      try run(.pass(account.password), "login")
    case .apop: try run(.apop(user: account.user, digest: digest), "login")
    }
  }
}

extension POP3Login {
  /// The commands that it is made of.
  fileprivate var command: String {
    switch self {
    case .authPlain: "AUTH PLAIN"
    case .authLogin: "AUTH LOGIN"
    case .userPass: "USER and PASS"
    case .apop: "APOP"
    }
  }
}
