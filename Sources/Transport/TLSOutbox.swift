import COpenSSL
import Platform

/// Encrypted bytes between OpenSSL and the socket.
///
/// OpenSSL never writes to the socket itself: a record that went out by half would forbid it to
/// answer a key update meanwhile (it ends with "bad length"). Here every record is taken whole.
final class TLSOutbox {
  /// How much plaintext an empty outbox takes for sure, in bytes.
  static let room = 64 << 10
  // Beside it, four records' overhead and some of TLS's own messages. It has an end, so that
  // a server can't fill memory by asking for answers that it doesn't read.
  private static let capacity = room + (8 << 10)

  private let network: OpaquePointer

  /// Makes an outbox and lets a connection write into it.
  init(for connection: OpaquePointer) throws(TransportError) {
    var inner: OpaquePointer?
    var outer: OpaquePointer?
    guard BIO_new_bio_pair(&inner, TLSOutbox.capacity, &outer, 0) == 1, let inner, let outer
    else { throw .tlsFailed(.other("OpenSSL has no memory")) }
    SSL_set0_wbio(connection, inner)
    network = outer
  }

  deinit {
    BIO_free(network)
  }

  /// Whether all was handed to the socket.
  var isEmpty: Bool { BIO_ctrl_pending(network) == 0 }

  /// Hands over what the socket takes; true if that was all.
  func flush(to transport: TCPChannel) throws(TransportError) -> Bool {
    var start: UnsafeMutablePointer<CChar>?
    while case let count = BIO_nread0(network, &start), count > 0 {
      let sent = try transport.write(UnsafeRawBufferPointer(start: start, count: Int(count)))
      if sent == 0 { return false }
      BIO_nread(network, &start, Int32(sent))
    }
    return true
  }
}
