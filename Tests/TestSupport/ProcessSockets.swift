import Glibc

/// A connected blocking TCP socket to 127.0.0.1 that children do not inherit; the caller closes it.
package func connectToLoopback(port: UInt16) throws -> Int32 {
  let descriptor = try loopbackSocket()
  let status = withLoopbackAddress(port: port) { connect(descriptor, $0, $1) }
  guard status == 0 else {
    defer { close(descriptor) }
    throw TestSystemError("connect", "127.0.0.1:\(port)")
  }
  var one: Int32 = 1
  setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
  return descriptor
}

/// A listening TCP socket on a free port of 127.0.0.1; the caller closes it.
package func listenOnLoopback() throws -> (descriptor: Int32, port: UInt16) {
  let descriptor = try loopbackSocket()
  guard withLoopbackAddress(port: 0, { bind(descriptor, $0, $1) }) == 0,
    listen(descriptor, 64) == 0
  else {
    defer { close(descriptor) }
    throw TestSystemError("listen", "127.0.0.1")
  }
  return (descriptor, boundPort(descriptor))
}

/// Different ports of 127.0.0.1 that nobody listened on a moment ago.
package func freePorts(_ count: Int) throws -> [UInt16] {
  var sockets: [(descriptor: Int32, port: UInt16)] = []
  defer { for socket in sockets { close(socket.descriptor) } }
  for _ in 0..<count { sockets.append(try listenOnLoopback()) }
  return sockets.map(\.port)
}

private func loopbackSocket() throws -> Int32 {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  guard descriptor >= 0 else { throw TestSystemError("socket", "127.0.0.1") }
  _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  return descriptor
}

private func withLoopbackAddress(
  port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
) -> Int32 {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  return withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
}

private func boundPort(_ descriptor: Int32) -> UInt16 {
  var address = sockaddr_in()
  var size = socklen_t(MemoryLayout<sockaddr_in>.size)
  _ = withUnsafeMutablePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
  }
  return UInt16(bigEndian: address.sin_port)
}

/// Sends all bytes on a blocking socket; false where the other end has gone.
package func sendAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
  var sent = 0
  while sent < bytes.count {
    let count = bytes.withUnsafeBytes {
      send(
        descriptor, $0.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
    }
    if count < 0 { return false }
    sent += count
  }
  return true
}
