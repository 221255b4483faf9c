import COpenSSL
import Glibc

/// What the thread's OpenSSL error queue says.
struct OpenSSLError {
  /// The library within OpenSSL, `ERR_LIB_…`, of the newest entry.
  let library: Int32
  /// The newest entry's reason, whose meaning depends on the library.
  let reason: Int32
  /// OpenSSL's own words for the newest entry.
  let text: String
  /// The `errno` of a system call that failed underneath, or nil if none did.
  let systemError: Int32?

  /// Empties the queue; nil if it was empty.
  static func take() -> OpenSSLError? {
    var newest: UInt = 0
    var systemError: Int32?
    while case let code = ERR_get_error(), code != 0 {
      newest = code
      if ERR_GET_LIB(code) == ERR_LIB_SYS { systemError = ERR_GET_REASON(code) }
    }
    guard newest != 0 else { return nil }
    let words = ERR_reason_error_string(newest).map { String(cString: $0) }
    return OpenSSLError(
      library: ERR_GET_LIB(newest), reason: ERR_GET_REASON(newest),
      text: words ?? "OpenSSL error \(newest)", systemError: systemError)
  }

  /// What this means during a handshake.
  var handshakeFailure: TLSFailure {
    guard library == ERR_LIB_SSL else { return .other(text) }
    switch reason {
    case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, SSL_R_WRONG_SSL_VERSION,
      SSL_R_VERSION_TOO_LOW:
      return .versionTooOld
    case SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST,
      SSL_R_PACKET_LENGTH_TOO_LONG, SSL_R_RECORD_LENGTH_MISMATCH:
      return .notTLS
    case SSL_R_UNEXPECTED_EOF_WHILE_READING: return .closedDuringHandshake
    default: return .other(text)
    }
  }
}
