import Glibc
import Platform
import Testing
import Transport

@Suite(.timeLimit(.minutes(1))) struct TCPChannelTests {
  @Test(arguments: ["127.0.0.1", "localhost"])
  func connectsToTheAddressThatAnswers(host: String) throws {
    let listener = try Listener()
    let channel = try connect(host, listener.port)
    let peer = try listener.accept()
    try peer.write(Array("* OK\r\n".utf8).span)
    #expect(try readSome(channel) == "* OK\r\n")
    #expect(channel.peer == "\(host):\(listener.port)")
    try peer.close()
    #expect(try readSome(channel) == "")
  }

  @Test func aRefusedConnection() throws {
    // Bound, so that nobody else gets the port, but not listening.
    let listener = try Listener(backlog: nil)
    let port = listener.port
    #expect(throws: TransportError.connectionRefused(host: "127.0.0.1", port: port)) {
      try connect("127.0.0.1", port)
    }
  }

  @Test(arguments: ["", "a\0b", String(repeating: "a", count: 64) + ".invalid"])
  func anUnknownHost(host: String) {
    let error = #expect(throws: TransportError.self) { try connect(host, 1) }
    guard case .nameNotFound(host, _) = error else {
      Issue.record("not refused as a name: \(String(describing: error))")
      return
    }
  }

  @Test func aConnectionThatIsNeverAcceptedTimesOut() throws {
    let full = try FullListener()
    let doing = "connecting to 127.0.0.1 on port \(full.port)"
    #expect(throws: TransportError.timedOut(doing: doing)) {
      try connect("127.0.0.1", full.port, until: .after(seconds: 0.05))
    }
  }

  @Test func anInterruptionEndsAConnect() throws {
    let full = try FullListener()
    let interruption = try Interruption()
    interruption.interrupt()
    #expect(throws: TransportError.interrupted) {
      try connect("127.0.0.1", full.port, until: .never, interruption)
    }
  }

  @Test func anInterruptionWakesABlockedWait() async throws {
    let (near, far) = try socketPair()
    let peer = FileDescriptor(owning: far)
    let interruption = try Interruption()
    let task = Task {
      try await WorkerThread.run(name: "client", cancelling: interruption) {
        let channel = TCPChannel(
          connected: FileDescriptor(owning: near), peer: "test", interruption: interruption)
        return try readSome(channel)
      }
    }
    task.cancel()
    await #expect(throws: TransportError.interrupted) { try await task.value }
    _ = consume peer
  }

  @Test func waitingHasAnEnd() throws {
    let (near, far) = try socketPair()
    let peer = FileDescriptor(owning: far)
    let channel = TCPChannel(
      connected: FileDescriptor(owning: near), peer: "test", interruption: nil)
    #expect(throws: TransportError.timedOut(doing: "waiting for test")) {
      try channel.wait(for: .read, until: .after(seconds: 0.01))
    }
    #expect(try channel.wait(for: [.read, .write], until: .after(seconds: 30)) == .write)
    _ = consume peer
  }

  @Test func aFullSocketTakesNothingAndAnEmptyOneHasNothing() throws {
    let (near, far) = try socketPair()
    let peer = FileDescriptor(owning: far)
    let channel = TCPChannel(
      connected: FileDescriptor(owning: near), peer: "test", interruption: nil)
    var byte: [UInt8] = [0]
    #expect(try byte.withUnsafeMutableBytes { try channel.read(into: $0) } == .wouldBlock)
    let much = String(repeating: "x", count: 1 << 20)
    while try write(much, to: channel) > 0 {}
    #expect(throws: TransportError.timedOut(doing: "waiting for test")) {
      try channel.wait(for: .write, until: .after(seconds: 0))
    }
    _ = consume peer
  }

  @Test func writingToAPeerThatIsGoneIsALostConnection() throws {
    let (near, far) = try socketPair()
    let channel = TCPChannel(
      connected: FileDescriptor(owning: near), peer: "test", interruption: nil)
    close(far)
    #expect(throws: TransportError.connectionLost(reason: "Broken pipe")) {
      try write("x", to: channel)
    }
  }

  @Test func aClosedChannelReachesItsPeer() throws {
    let (near, far) = try socketPair()
    let peer = TCPChannel(connected: FileDescriptor(owning: far), peer: "test", interruption: nil)
    let channel = TCPChannel(
      connected: FileDescriptor(owning: near), peer: "test", interruption: nil)
    _ = try write("bye", to: channel)
    channel.close()
    #expect(try readAll(peer) == "bye")
    #expect(try readSome(channel) == "")
  }

  private func connect(
    _ host: String, _ port: UInt16, until deadline: Deadline = .after(seconds: 30),
    _ interruption: Interruption? = nil
  ) throws -> TCPChannel {
    try TCPChannel.connect(host: host, port: port, until: deadline, interruption: interruption)
  }
}

/// A socket on a free port of 127.0.0.1.
private final class Listener {
  let port: UInt16
  private let socket: FileDescriptor

  init(backlog: Int32? = 5) throws {
    socket = FileDescriptor(owning: Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let number = socket.rawValue
    let done = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(number, $0, size) == 0 && getsockname(number, $0, &size) == 0
      }
    }
    port = UInt16(bigEndian: address.sin_port)
    guard done, backlog.map({ listen(number, $0) == 0 }) ?? true else {
      throw SystemError(errno: errno, operation: "listen", path: nil)
    }
  }

  func accept() throws -> FileDescriptor {
    let raw = Glibc.accept(socket.rawValue, nil, nil)
    if raw < 0 { throw SystemError(errno: errno, operation: "accept", path: nil) }
    return FileDescriptor(owning: raw)
  }
}

/// A listener whose queue is full: Linux answers no further connection attempts.
private final class FullListener {
  let port: UInt16
  private let listener: Listener
  private var waiting: [TCPChannel] = []

  init() throws {
    listener = try Listener(backlog: 0)
    port = listener.port
    for _ in 0..<8 {
      do {
        waiting.append(
          try TCPChannel.connect(
            host: "127.0.0.1", port: port, until: .after(seconds: 0.02), interruption: nil))
      } catch TransportError.timedOut {
        return
      }
    }
    throw SystemError(errno: EISCONN, operation: "fill a queue", path: nil)
  }
}
