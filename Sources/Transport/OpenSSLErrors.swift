import COpenSSL
import Glibc

/// The newest entry of the thread's OpenSSL error queue.
struct OpenSSLError {
  /// The library within OpenSSL, `ERR_LIB_…`.
  let library: Int32
  /// The reason, whose meaning depends on the library; for `ERR_LIB_SYS` an `errno`.
  let reason: Int32
  /// OpenSSL's own words.
  let text: String

  /// Takes the newest entry and empties the queue; nil if there is none.
  static func take() -> OpenSSLError? {
    let code = ERR_peek_last_error()
    defer { ERR_clear_error() }
    guard code != 0 else { return nil }
    let words = ERR_reason_error_string(code).map { String(cString: $0) }
    return OpenSSLError(
      library: ERR_GET_LIB(code), reason: ERR_GET_REASON(code),
      text: words ?? "OpenSSL error \(code)")
  }

  /// A failed system call's `errno`, or nil if it was something else.
  var systemError: Int32? { library == ERR_LIB_SYS ? reason : nil }

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
