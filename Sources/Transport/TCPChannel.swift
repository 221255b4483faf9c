import Glibc
package import Platform

/// A TCP connection as it is, unencrypted.
package final class TCPChannel: ByteChannel {
  /// Host and port, for messages.
  package let peer: String
  /// What ends every wait on this channel.
  package let interruption: Interruption?
  private let socket: FileDescriptor

  /// Takes over a connected stream socket, and makes it non-blocking.
  ///
  /// - Parameters:
  ///   - socket: the socket.
  ///   - peer: what to call the other end in messages.
  ///   - interruption: what ends every wait.
  package init(
    connected socket: consuming FileDescriptor, peer: String, interruption: Interruption?
  ) {
    _ = fcntl(socket.rawValue, F_SETFL, fcntl(socket.rawValue, F_GETFL) | O_NONBLOCK)
    self.socket = socket
    self.peer = peer
    self.interruption = interruption
  }

  /// The socket's number; valid as long as this object lives.
  var rawDescriptor: Int32 { socket.rawValue }

  /// The address and port at the other end, in digits; nil where it has none, as a socket pair's has.
  package var address: String? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        guard getpeername(socket.rawValue, address, &length) == 0 else { return nil }
        return Self.text(of: address, length)
      }
    }
  }

  private static func text(of address: UnsafePointer<sockaddr>, _ length: socklen_t) -> String? {
    var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
    let flags = NI_NUMERICHOST | NI_NUMERICSERV
    guard
      [sa_family_t(AF_INET), sa_family_t(AF_INET6)].contains(address.pointee.sa_family),
      getnameinfo(
        address, length, &host, socklen_t(host.count), &port, socklen_t(port.count), flags) == 0
    else { return nil }
    let (name, number) = (terminated(host), terminated(port))
    return name.utf8.contains(UInt8(ascii: ":")) ? "[\(name)]:\(number)" : "\(name):\(number)"
  }

  private static func terminated(_ text: [CChar]) -> String {
    String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Reads what is there.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(TransportError) -> ReadOutcome {
    while true {
      let count = recv(socket.rawValue, buffer.baseAddress, buffer.count, 0)
      if count > 0 { return .bytes(count) }
      if count == 0 { return .endOfStream }
      let code = errno
      if code == EAGAIN { return .wouldBlock }
      if code != EINTR { throw .connectionLost(reason: describe(errno: code)) }
    }
  }

  /// Writes what the kernel takes.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(TransportError) -> Int {
    while true {
      let count = send(socket.rawValue, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
      if count >= 0 { return count }
      let code = errno
      if code == EAGAIN { return 0 }
      if code != EINTR { throw .connectionLost(reason: describe(errno: code)) }
    }
  }

  /// Blocks until reading or writing may succeed.
  package func wait(
    for interest: Interest, until deadline: Deadline
  ) throws(TransportError) -> Interest {
    do {
      return try Poller.wait(
        descriptor: socket.rawValue, for: interest, until: deadline, interruption: interruption)
    } catch {
      throw TransportError(error, doing: "waiting for \(peer)")
    }
  }

  /// Ends both directions; the descriptor itself is freed with the object.
  package func close() {
    // Freeing it here would let its number go to a stranger while somebody still holds this.
    _ = shutdown(socket.rawValue, Int32(SHUT_RDWR))
  }
}
