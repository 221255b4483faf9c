import COpenSSL
import Glibc
package import Platform

/// TLS, version 1.2 or later, over a TCP connection, with the server's certificate verified.
package final class TLSChannel: ByteChannel {
  private let transport: TCPChannel
  private let connection: OpaquePointer
  private let verdict: CertificateVerdict
  private let outbox: TLSOutbox
  private var readBlock: ReadBlock?
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
    let connection = try TLSContext.connection(policy)
    do {
      outbox = try TLSOutbox(for: connection)
    } catch {
      SSL_free(connection)
      throw error
    }
    self.connection = connection
    verdict = CertificateVerdict(serverName: policy.serverName)
    verdict.attach(to: connection)
    SSL_set_rfd(connection, transport.rawDescriptor)
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

  /// What was negotiated, and with whom.
  package var facts: TLSFacts { TLSFacts(of: connection) }

  /// Reads decrypted bytes.
  ///
  /// The end of the stream is reported only if the peer announced it (close_notify); without that
  /// somebody else may have cut the stream, and `connectionLost` is thrown.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(TransportError) -> ReadOutcome {
    guard !isBroken else { throw .connectionLost(reason: "it is closed") }
    readBlock = nil
    while true {
      var count = 0
      ERR_clear_error()
      let result = SSL_read_ex(connection, buffer.baseAddress, buffer.count, &count)
      let outcome = result == 1 ? Outcome.done : try outcome(result)
      // If answers of TLS's own can't be sent, a later write or wait says so; what was received
      // before, a BYE perhaps, is worth more.
      let flushed = (try? outbox.flush(to: transport)) ?? false
      switch outcome {
      case .done: return .bytes(count)
      case .ended: return .endOfStream
      case .needsInput: readBlock = .input
      case .needsOutput where flushed: continue
      case .needsOutput: readBlock = .output
      }
      return .wouldBlock
    }
  }

  /// Encrypts and writes until the socket is full.
  ///
  /// Some of what was taken may still be here, encrypted; later calls, whichever, send it.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(TransportError) -> Int {
    guard !isBroken else { throw .connectionLost(reason: "it is closed") }
    var written = 0
    while try outbox.flush(to: transport), written < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[written...].prefix(TLSOutbox.room))
      var count = 0
      ERR_clear_error()
      let result = SSL_write_ex(connection, rest.baseAddress, rest.count, &count)
      if result == 1 {
        written += count
        continue
      }
      switch try outcome(result) {
      case .needsInput, .needsOutput: return written
      case .ended, .done: throw .connectionLost(reason: "the server closed it")
      }
    }
    return written
  }

  /// Blocks until reading or writing may succeed, and meanwhile sends what was taken.
  package func wait(
    for interest: Interest, until deadline: Deadline
  ) throws(TransportError) -> Interest {
    if transport.interruption?.isInterrupted == true { throw .interrupted }
    if interest.contains(.read), canReadWithoutSocket { return .read }
    while true {
      var needs = interest
      if readBlock == .output { needs.remove(.read) }
      if !outbox.isEmpty { needs.insert(.write) }
      let ready = try transport.wait(for: needs, until: deadline)
      var possible = ready.intersection(interest)
      do {
        if try outbox.flush(to: transport) {
          if readBlock == .output, interest.contains(.read) { possible.insert(.read) }
        } else {
          possible.remove(.write)
        }
      } catch {
        // Let the last words of a server that has gone away be read first.
        guard possible.contains(.read) else { throw error }
        return .read
      }
      if !possible.isEmpty { return possible }
    }
  }

  /// Announces the end (close_notify) if that needs no waiting, and closes the connection.
  package func close() {
    if !isBroken {
      ERR_clear_error()
      _ = SSL_shutdown(connection)
      ERR_clear_error()
      _ = try? outbox.flush(to: transport)
      isBroken = true
    }
    transport.close()
  }

  private func handshake(until deadline: Deadline) throws(TransportError) {
    while true {
      ERR_clear_error()
      let result = SSL_do_handshake(connection)
      let code = Glibc.errno
      let kind = SSL_get_error(connection, result)
      // An alert that tells the server why it is refused is sent as well.
      let flushed = (try? outbox.flush(to: transport)) ?? true
      if result == 1 { break }
      guard kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE else {
        throw handshakeError(kind, errno: code)
      }
      if kind == SSL_ERROR_WANT_WRITE, flushed { continue }
      let needs: Interest = flushed ? .read : [.read, .write]
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

  // What OpenSSL has read ahead never makes the socket readable again; and the outbox for which a
  // read waited may have been emptied by a write.
  private var canReadWithoutSocket: Bool {
    switch readBlock {
    case nil: SSL_has_pending(connection) == 1
    case .input: false
    case .output: outbox.isEmpty
    }
  }

  // What a read waits for that would block: the socket, or room in the outbox.
  private enum ReadBlock {
    case input
    case output
  }

  private enum Outcome {
    case done
    case needsInput
    case needsOutput
    case ended
  }

  private func outcome(_ result: Int32) throws(TransportError) -> Outcome {
    let code = Glibc.errno
    switch SSL_get_error(connection, result) {
    case SSL_ERROR_WANT_READ: return .needsInput
    case SSL_ERROR_WANT_WRITE: return .needsOutput
    case SSL_ERROR_ZERO_RETURN: return .ended
    case SSL_ERROR_SYSCALL:
      isBroken = true
      throw .connectionLost(reason: code == 0 ? "closed by the server" : describe(errno: code))
    default:
      isBroken = true
      let error = OpenSSLError.take()
      _ = try? outbox.flush(to: transport)
      if error?.reason == SSL_R_UNEXPECTED_EOF_WHILE_READING {
        throw .connectionLost(reason: "the server closed it without notice")
      }
      throw .tlsFailed(.other(error?.text ?? "OpenSSL gave no reason"))
    }
  }
}
