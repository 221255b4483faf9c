import COpenSSL
import Glibc
import Platform

/// The other end of a TLS connection, on a thread of its own with a blocking socket.
struct TLSTestServer: Sendable {
  /// What it does after the handshake.
  enum Behaviour: Sendable {
    /// Sends back what comes, until the client announces its end.
    case echo
    /// Sends this, then announces the end.
    case say(String)
    /// Sends this, then cuts the connection without announcing it.
    case sayAndCut(String)
    /// Asks for new keys for ever and reads nothing.
    case nag
  }

  let identity: TestIdentity
  let behaviour: Behaviour
  var versions: ClosedRange<Int32> = TLS1_2_VERSION...TLS1_3_VERSION

  /// What it saw of the client.
  struct Report: Sendable {
    var handshakeDone = false
    var serverName: String?
    var received = 0
  }

  /// Serves one connection until its end, and closes the socket.
  func serve(_ socket: Int32) throws -> Report {
    defer { close(socket) }
    SignalWatcher.surviveFailingWrites()
    let context = try present(SSL_CTX_new(TLS_server_method()))
    defer { SSL_CTX_free(context) }
    SSL_CTX_set_security_level(context, 0)
    SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(versions.lowerBound), nil)
    SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(versions.upperBound), nil)
    let certificate = try identity.loadCertificate()
    let key = try identity.loadKey()
    SSL_CTX_use_certificate(context, certificate)
    SSL_CTX_use_PrivateKey(context, key)
    X509_free(certificate)
    EVP_PKEY_free(key)
    let connection = try present(SSL_new(context))
    defer { SSL_free(connection) }
    SSL_set_fd(connection, socket)
    var report = Report()
    report.handshakeDone = SSL_accept(connection) == 1
    report.serverName = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name).map {
      String(cString: $0)
    }
    if report.handshakeDone { behave(connection, &report) }
    return report
  }

  private func behave(_ connection: OpaquePointer, _ report: inout Report) {
    switch behaviour {
    case .say(let text):
      SSL_write(connection, text, Int32(text.utf8.count))
      SSL_shutdown(connection)
    case .sayAndCut(let text):
      SSL_write(connection, text, Int32(text.utf8.count))
    case .nag:
      repeat {
        SSL_key_update(connection, SSL_KEY_UPDATE_REQUESTED)
      } while SSL_do_handshake(connection) == 1
    case .echo:
      var buffer = [UInt8](repeating: 0, count: 100_000)
      while true {
        let count = SSL_read(connection, &buffer, Int32(buffer.count))
        if count <= 0 { break }
        report.received += Int(count)
        // New keys again and again: the client must answer while it is busy with other things.
        if SSL_version(connection) == TLS1_3_VERSION {
          SSL_key_update(connection, SSL_KEY_UPDATE_REQUESTED)
        }
        if SSL_write(connection, buffer, count) <= 0 { break }
      }
      SSL_shutdown(connection)
    }
  }
}

/// Both ends of a local stream connection, as numbers that the caller owns.
func socketPair() throws -> (near: Int32, far: Int32) {
  var pair: [Int32] = [-1, -1]
  if socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) != 0 {
    throw SystemError(errno: errno, operation: "make a socket pair", path: nil)
  }
  return (pair[0], pair[1])
}
