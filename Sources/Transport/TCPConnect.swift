import Glibc
package import Platform

extension TCPChannel {
  /// Connects to the first address of a host that answers.
  ///
  /// With several addresses each gets an equal share of the time that is left.
  /// - Parameters:
  ///   - host: a name or an IP literal, without brackets.
  ///   - port: the TCP port.
  ///   - deadline: when to give up, the search for addresses included.
  ///   - interruption: what ends this and every later wait on the channel.
  /// - Returns: the open channel.
  /// - Throws: if no address answers, the error that tells most.
  package static func connect(
    host: String, port: UInt16, until deadline: Deadline, interruption: Interruption?
  ) throws(TransportError) -> TCPChannel {
    let addresses = try AddressLookup.addresses(
      of: host, port: port, until: deadline, interruption: interruption)
    let peer = host.utf8.contains(0x3A) ? "[\(host)]:\(port)" : "\(host):\(port)"
    var worst: TransportError?
    for (index, address) in addresses.enumerated() {
      do {
        let share = deadline.share(of: addresses.count - index)
        let socket = try open(address, until: share, interruption: interruption)
        return TCPChannel(connected: socket, peer: peer, interruption: interruption)
      } catch {
        let failure = try explain(error, host: host, port: port)
        if failure.weight > worst?.weight ?? -1 { worst = failure }
      }
    }
    throw worst ?? .nameNotFound(host: host, temporary: false)
  }

  private static func open(
    _ address: SocketAddress, until deadline: Deadline, interruption: Interruption?
  ) throws(ConnectFailure) -> FileDescriptor {
    let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let raw = Glibc.socket(address.family, type, 0)
    if raw < 0 { throw .refused(errno: errno) }
    let socket = FileDescriptor(owning: raw)
    setOption(raw, IPPROTO_TCP, TCP_NODELAY, 1)
    setOption(raw, SOL_SOCKET, SO_KEEPALIVE, 1)
    // A peer that vanished is noticed after some three minutes without any traffic.
    setOption(raw, IPPROTO_TCP, TCP_KEEPIDLE, 60)
    setOption(raw, IPPROTO_TCP, TCP_KEEPINTVL, 30)
    setOption(raw, IPPROTO_TCP, TCP_KEEPCNT, 4)
    let outcome = address.bytes.withUnsafeBytes { bytes in
      bytes.withMemoryRebound(to: sockaddr.self) {
        Glibc.connect(raw, $0.baseAddress, socklen_t(bytes.count)) == 0 ? 0 : errno
      }
    }
    if outcome == 0 { return socket }
    // Interrupted by a signal, it goes on in the background as well.
    guard outcome == EINPROGRESS || outcome == EINTR else { throw .refused(errno: outcome) }
    do {
      _ = try Poller.wait(
        descriptor: raw, for: .write, until: deadline, interruption: interruption)
    } catch {
      throw .waiting(error)
    }
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(raw, SOL_SOCKET, SO_ERROR, &code, &size)
    if code != 0 { throw .refused(errno: code) }
    return socket
  }

  // A socket works without any of these: a refusal is no error.
  private static func setOption(
    _ socket: Int32, _ level: some BinaryInteger, _ name: Int32, _ value: Int32
  ) {
    var value = value
    setsockopt(socket, Int32(level), name, &value, socklen_t(MemoryLayout<Int32>.size))
  }

  // Throws what no other address can mend.
  private static func explain(
    _ failure: ConnectFailure, host: String, port: UInt16
  ) throws(TransportError) -> TransportError {
    switch failure {
    case .waiting(.timedOut): return .timedOut(doing: "connecting to \(host) on port \(port)")
    case .waiting(.interrupted): throw .interrupted
    case .waiting(.failed(let error)): throw .system(error)
    case .refused(ECONNREFUSED): return .connectionRefused(host: host, port: port)
    case .refused(let code) where [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code):
      throw .system(SystemError(errno: code, operation: "open a connection", path: nil))
    case .refused(let code):
      return .unreachable(host: host, port: port, reason: describe(errno: code))
    }
  }
}

private enum ConnectFailure: Error {
  case refused(errno: Int32)
  case waiting(PollError)
}

extension TransportError {
  // Somebody who answered tells more than nobody, and nobody more than a missing route.
  fileprivate var weight: Int {
    switch self {
    case .connectionRefused: 2
    case .timedOut: 1
    default: 0
    }
  }
}

extension Deadline {
  fileprivate func share(of parts: Int) -> Deadline {
    guard let left = remainingMilliseconds, parts > 1 else { return self }
    return .after(seconds: Double(left) / 1000 / Double(parts))
  }
}
