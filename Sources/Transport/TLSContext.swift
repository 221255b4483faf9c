import COpenSSL
import Glibc
import Platform

/// Makes OpenSSL's connection objects as a policy wants them.
enum TLSContext {
  /// A connection object that verifies the chain and the name during the handshake.
  ///
  /// - Parameter policy: whom to believe, and the name the certificate must hold.
  /// - Returns: an `SSL`, which the caller frees.
  /// - Throws: `trustFileUnusable`, `tlsFailed`.
  static func connection(_ policy: TLSPolicy) throws(TransportError) -> OpaquePointer {
    ERR_clear_error()
    guard let context = SSL_CTX_new(TLS_client_method()) else { throw failure() }
    defer { SSL_CTX_free(context) }
    guard mailarc_ssl_ctx_prepare(context) == 1 else { throw failure() }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, CertificateVerdict.callback)
    try load(policy.trust, into: context)
    guard let connection = SSL_new(context) else { throw failure() }
    guard expect(policy.serverName, of: connection) else {
      SSL_free(connection)
      throw .tlsFailed(.other("\"\(policy.serverName)\" is no name a certificate can be for"))
    }
    return connection
  }

  private static func load(
    _ trust: TLSPolicy.Trust, into context: OpaquePointer
  ) throws(TransportError) {
    switch trust {
    case .system:
      guard SSL_CTX_set_default_verify_paths(context) == 1 else { throw failure() }
    case .file(let path):
      guard SSL_CTX_load_verify_file(context, path) == 1 else {
        throw .trustFileUnusable(path: path, reason: unusable(OpenSSLError.take()))
      }
      // A server's own certificate may be trusted without whoever issued it.
      X509_VERIFY_PARAM_set_flags(
        SSL_CTX_get0_param(context), UInt(X509_V_FLAG_PARTIAL_CHAIN))
    }
  }

  private static func unusable(_ error: OpenSSLError?) -> String {
    if let code = error?.systemError { return describe(errno: code) }
    return "it holds no certificate in PEM form"
  }

  // Without a name OpenSSL would check none, so an odd one must not slip through.
  private static func expect(_ name: String, of connection: OpaquePointer) -> Bool {
    let bare = name.hasSuffix(".") ? String(name.dropLast()) : name
    guard !bare.isEmpty, bare.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return false }
    if X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), bare) == 1 { return true }
    ERR_clear_error()
    SSL_set_hostflags(connection, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
    // RFC 6066, section 3: names only, no addresses.
    return SSL_set1_host(connection, bare) == 1
      && mailarc_ssl_set_server_name(connection, bare) == 1
  }

  private static func failure() -> TransportError {
    .tlsFailed(.other(OpenSSLError.take()?.text ?? "OpenSSL refused"))
  }
}
