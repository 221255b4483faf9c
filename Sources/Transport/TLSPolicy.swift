/// What a TLS connection must prove.
package struct TLSPolicy: Sendable, Hashable {
  /// Whose certificates are believed.
  package enum Trust: Sendable, Hashable {
    /// The authorities that the system trusts.
    case system
    /// Only the certificates in a PEM file: authorities, or the server's own.
    case file(path: String)
  }

  /// The host name or IP literal that the certificate must hold.
  package let serverName: String
  /// Who may vouch for it.
  package let trust: Trust

  /// Makes a policy from its parts.
  package init(serverName: String, trust: Trust) {
    self.serverName = serverName
    self.trust = trust
  }
}
