import COpenSSL

/// What a TLS handshake led to, for people; the texts of the certificate are as hostile as who made it.
package struct TLSFacts: Sendable, Equatable {
  /// The protocol, as in `TLSv1.3`.
  package let version: String
  /// The cipher suite, as in `TLS_AES_256_GCM_SHA384`.
  package let cipher: String
  /// The server's own certificate, which was verified; nil only where OpenSSL has none to show.
  package let certificate: CertificateFacts?

  package init(version: String, cipher: String, certificate: CertificateFacts?) {
    self.version = version
    self.cipher = cipher
    self.certificate = certificate
  }

  /// What a connection object knows once the handshake is done.
  init(of connection: OpaquePointer) {
    version = SSL_get_version(connection).map { String(cString: $0) } ?? ""
    let suite = SSL_CIPHER_get_name(SSL_get_current_cipher(connection))
    cipher = suite.map { String(cString: $0) } ?? ""
    certificate = SSL_get0_peer_certificate(connection).map { CertificateFacts(of: $0) }
  }
}

/// What a certificate says, bounded in length.
package struct CertificateFacts: Sendable, Equatable {
  /// Whom it is for.
  package let subject: String
  /// Who vouches for it.
  package let issuer: String
  /// The host names and addresses that it is for.
  package let names: String
  /// The last moment at which it is valid, in seconds since 1970; nil where that can't be read.
  package let validUntil: Int64?

  package init(subject: String, issuer: String, names: String, validUntil: Int64?) {
    self.subject = subject
    self.issuer = issuer
    self.names = names
    self.validUntil = validUntil
  }

  init(of certificate: OpaquePointer) {
    subject = CertificateText.name(X509_get_subject_name(certificate))
    issuer = CertificateText.name(X509_get_issuer_name(certificate))
    names = CertificateText.names(of: certificate)
    validUntil = CertificateText.seconds(X509_get0_notAfter(certificate))
  }
}
