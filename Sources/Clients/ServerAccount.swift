package import Protocols
package import Transport

/// The protocol by which an account is reached.
package enum MailService: Sendable, Hashable {
  case imap, pop3

  /// Its name, for people.
  package var name: String { self == .imap ? "IMAP" : "POP3" }

  /// What stands before `://` in the URL of an account.
  package func scheme(tls: Bool) -> String {
    switch self {
    case .imap: tls ? "imaps" : "imap"
    case .pop3: tls ? "pop3s" : "pop3"
    }
  }
}

/// How the connection to a server is secured.
package enum ConnectionSecurity: Sendable, Equatable {
  /// TLS from the first byte (`imaps`, `pop3s`).
  case tls
  /// STARTTLS or STLS, and nothing without it (`imap`, `pop3`).
  case startTLS
  /// The same where the server offers it, else plaintext: by the user's explicit consent only.
  case plaintextAllowed
}

/// An account on a server and how to reach it.
package struct ServerAccount: Sendable {
  /// The protocol by which it is reached.
  package let service: MailService
  /// The user name as it is sent, which may hold any character.
  package let user: String
  /// Sent to the server over the channel that `security` asks for, and to nothing else.
  package let password: Secret
  /// A host name, or an IPv4 or IPv6 address without brackets.
  package let host: String
  /// The TCP port.
  package let port: UInt16
  /// What has to secure the connection before the password is sent.
  package let security: ConnectionSecurity
  /// Whose signature the server's certificate needs.
  package let trust: TLSPolicy.Trust
  /// How many seconds a silent server is waited for.
  package let timeout: Double
  /// The account's name in state files: user and domain, never host or port alone.
  package let identity: String
  /// Which mailboxes there are and how their names are read, over IMAP.
  package var namespaces = NamespaceChoice()

  package init(
    service: MailService, user: String, password: Secret, host: String, port: UInt16,
    security: ConnectionSecurity, trust: TLSPolicy.Trust, timeout: Double, identity: String
  ) {
    self.service = service
    self.user = user
    self.password = password
    self.host = host
    self.port = port
    self.security = security
    self.trust = trust
    self.timeout = timeout
    self.identity = identity
  }

  /// The same account on the same host over IMAP.
  ///
  /// - Parameters:
  ///   - port: the TCP port.
  ///   - security: what has to secure the connection.
  ///   - timeout: how many seconds a silent server is waited for.
  /// - Returns: the account.
  package func asIMAP(
    port: UInt16, security: ConnectionSecurity, timeout: Double
  ) -> ServerAccount {
    ServerAccount(
      service: .imap, user: user, password: password, host: host, port: port, security: security,
      trust: trust, timeout: timeout, identity: identity)
  }

  /// The URL that names the account on the command line; says nothing of passwords, nor of consent to
  /// plaintext.
  package var url: String {
    let scheme = service.scheme(tls: security == .tls)
    let address = host.contains(":") ? "[\(host)]" : host
    return "\(scheme)://\(user.replacing("%", with: "%25"))@\(address):\(port)"
  }
}
