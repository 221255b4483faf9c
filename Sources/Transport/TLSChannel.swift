import COpenSSL
import Glibc
package import Platform

/// TLS, version 1.2 or later, over a TCP connection, with the server's certificate verified.
package final class TLSChannel: ByteChannel {
  private let transport: TCPChannel
  private let connection: OpaquePointer
  private let verdict: CertificateVerdict
  // What OpenSSL wants of the socket before each can go on; nil if that is not known to wait.
  private var readNeeds: Interest?
  private var writeNeeds: Interest?
  // After a fatal error OpenSSL must not be asked for anything any more.
  private var isBroken = false

  /// Negotiates TLS on a connection, at once after connecting or after STARTTLS or STLS.
  ///
  /// Whatever plaintext came before must have been discarded by the caller, or an attacker's
  /// commands would be taken for the server's (RFC 9051, section 6.2.1).
  /// - Parameters:
  ///   - transport: the connection, which from now on belongs to this channel.
  ///   - policy: what the server must prove.
  ///   - deadline: until when the handshake must be done.
  /// - Throws: `certificateRejected`, `tlsFailed`, `trustFileUnusable`, and what `wait` throws.
  package init(
    over transport: TCPChannel, _ policy: TLSPolicy, until deadline: Deadline
  ) throws(TransportError) {
    self.transport = transport
    connection = try TLSContext.connection(policy)
    verdict = CertificateVerdict(serverName: policy.serverName)
    verdict.attach(to: connection)
    SSL_set_fd(connection, transport.rawDescriptor)
    SSL_set_connect_state(connection)
    do {
      try handshake(until: deadline)
    } catch {
      isBroken = true
      transport.close()
      throw error
    }
  }

  deinit {
    SSL_free(connection)
  }

  /// Version and cipher, as in `TLSv1.3, TLS_AES_256_GCM_SHA384`.
  package var summary: String {
    let version = SSL_get_version(connection).map { String(cString: $0) } ?? ""
    let cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(connection))
    return version + ", " + (cipher.map { String(cString: $0) } ?? "")
  }

  /// Reads decrypted bytes.
  ///
  /// The end of the stream is reported only if the peer announced it (close_notify); without that
  /// somebody else may have cut the stream, and `connectionLost` is thrown.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(TransportError) -> ReadOutcome {
    guard !isBroken else { throw .connectionLost(reason: "it is closed") }
    var count = 0
    ERR_clear_error()
    readNeeds = nil
    let result = SSL_read_ex(connection, buffer.baseAddress, buffer.count, &count)
    if result == 1 { return .bytes(count) }
    switch try outcome(result) {
    case .blocked(let needs):
      readNeeds = needs
      return .wouldBlock
    case .ended: return .endOfStream
    }
  }

  /// Encrypts and writes, a record of 16 KiB at a time, until the socket is full.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(TransportError) -> Int {
    guard !isBroken else { throw .connectionLost(reason: "it is closed") }
    var written = 0
    writeNeeds = nil
    while written < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[written...].prefix(TLSChannel.recordSize))
      var count = 0
      ERR_clear_error()
      let result = SSL_write_ex(connection, rest.baseAddress, rest.count, &count)
      if result == 1 {
        written += count
        continue
      }
      switch try outcome(result) {
      case .blocked(let needs):
        writeNeeds = needs
        return written
      case .ended: throw .connectionLost(reason: "the server closed it")
      }
    }
    return written
  }

  /// Blocks until reading or writing may succeed.
  ///
  /// Either may depend on the socket in the other direction, when TLS has messages of its own to
  /// exchange; that is taken care of here.
  package func wait(
    for interest: Interest, until deadline: Deadline
  ) throws(TransportError) -> Interest {
    // What OpenSSL has read ahead never makes the socket readable again.
    if interest.contains(.read), readNeeds == nil, SSL_has_pending(connection) == 1 {
      if transport.interruption?.isInterrupted == true { throw .interrupted }
      return .read
    }
    var needs: Interest = []
    if interest.contains(.read) { needs.formUnion(readNeeds ?? .read) }
    if interest.contains(.write) { needs.formUnion(writeNeeds ?? .write) }
    let ready = try transport.wait(for: needs, until: deadline)
    var possible: Interest = []
    if interest.contains(.read), !ready.isDisjoint(with: readNeeds ?? .read) {
      possible.insert(.read)
    }
    if interest.contains(.write), !ready.isDisjoint(with: writeNeeds ?? .write) {
      possible.insert(.write)
    }
    return possible
  }

  /// Announces the end (close_notify) if that needs no waiting, and closes the connection.
  package func close() {
    if !isBroken {
      ERR_clear_error()
      _ = SSL_shutdown(connection)
      ERR_clear_error()
      isBroken = true
    }
    transport.close()
  }

  private static let recordSize = Int(SSL3_RT_MAX_PLAIN_LENGTH)

  private func handshake(until deadline: Deadline) throws(TransportError) {
    while true {
      ERR_clear_error()
      let result = SSL_do_handshake(connection)
      if result == 1 { break }
      let needs: Interest
      switch SSL_get_error(connection, result) {
      case SSL_ERROR_WANT_READ: needs = .read
      case SSL_ERROR_WANT_WRITE: needs = .write
      case let kind: throw handshakeError(kind, errno: Glibc.errno)
      }
      do {
        _ = try transport.wait(for: needs, until: deadline)
      } catch .timedOut {
        throw .timedOut(doing: "negotiating TLS with \(transport.peer)")
      }
    }
    // The callback has refused before if there was a reason; this does not depend on it.
    guard SSL_get_verify_result(connection) == Int(X509_V_OK) else {
      throw .certificateRejected(verdict.problem ?? .other("it was not verified"))
    }
  }

  private func handshakeError(_ kind: Int32, errno: Int32) -> TransportError {
    if let problem = verdict.problem { return .certificateRejected(problem) }
    if let error = OpenSSLError.take() {
      if let code = error.systemError { return .connectionLost(reason: describe(errno: code)) }
      return .tlsFailed(error.handshakeFailure)
    }
    if kind == SSL_ERROR_SYSCALL, errno != 0 {
      return .connectionLost(reason: describe(errno: errno))
    }
    return .tlsFailed(.closedDuringHandshake)
  }

  private enum Outcome {
    case blocked(Interest)
    case ended
  }

  private func outcome(_ result: Int32) throws(TransportError) -> Outcome {
    let code = Glibc.errno
    switch SSL_get_error(connection, result) {
    case SSL_ERROR_WANT_READ: return .blocked(.read)
    case SSL_ERROR_WANT_WRITE: return .blocked(.write)
    case SSL_ERROR_ZERO_RETURN: return .ended
    case SSL_ERROR_SYSCALL:
      isBroken = true
      throw .connectionLost(reason: code == 0 ? "closed by the server" : describe(errno: code))
    default:
      isBroken = true
      let error = OpenSSLError.take()
      if error?.reason == SSL_R_UNEXPECTED_EOF_WHILE_READING {
        throw .connectionLost(reason: "the server closed it without notice")
      }
      throw .tlsFailed(.other(error?.text ?? "OpenSSL gave no reason"))
    }
  }
}
