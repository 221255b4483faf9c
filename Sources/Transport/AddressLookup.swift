import Glibc
import Platform
import Synchronization

/// One address of a host, ready for `connect`.
struct SocketAddress: Sendable {
  /// The address family.
  let family: Int32
  /// The bytes of the `sockaddr`.
  let bytes: [UInt8]
}

/// Host names to addresses, without blocking for longer than asked.
enum AddressLookup {
  /// All TCP addresses of a host, in the system's order of preference.
  ///
  /// - Parameters:
  ///   - host: a name or an IP literal.
  ///   - port: the port to put into the addresses.
  ///   - deadline: when to give up.
  ///   - interruption: what else ends the wait.
  /// - Returns: at least one address.
  /// - Throws: `nameNotFound`, `timedOut`, `interrupted`, `system`.
  static func addresses(
    of host: String, port: UInt16, until deadline: Deadline, interruption: Interruption?
  ) throws(TransportError) -> [SocketAddress] {
    // An empty name would mean this machine, and NUL would end the name early.
    guard !host.isEmpty, !host.utf8.contains(0) else {
      throw .nameNotFound(host: host, temporary: false)
    }
    if case .success(let numeric) = resolve(host, port, flags: AI_NUMERICHOST) { return numeric }
    // getaddrinfo can't be interrupted: a thread asks, and is left to itself if it takes too long.
    let answer = Answer()
    do {
      let done = try Interruption()
      try WorkerThread.detach(name: "mailarc-resolve") {
        answer.put(resolve(host, port, flags: 0))
        done.interrupt()
      }
      _ = try Poller.wait(
        descriptor: done.descriptor, for: .read, until: deadline, interruption: interruption)
    } catch let error as PollError {
      throw TransportError(error, doing: "looking up the address of \(host)")
    } catch let error as SystemError {
      throw .system(error)
    } catch {
      throw .interrupted
    }
    return try answer.take().get()
  }

  private static func resolve(
    _ host: String, _ port: UInt16, flags: Int32
  ) -> Result<[SocketAddress], TransportError> {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = flags | AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &list)
    defer { if let list { freeaddrinfo(list) } }
    if code != 0 {
      let temporary = code == EAI_AGAIN || code == EAI_SYSTEM || code == EAI_MEMORY
      return .failure(.nameNotFound(host: host, temporary: temporary))
    }
    var found: [SocketAddress] = []
    var next = list
    while let entry = next?.pointee {
      let bytes = UnsafeRawBufferPointer(start: entry.ai_addr, count: Int(entry.ai_addrlen))
      found.append(SocketAddress(family: entry.ai_family, bytes: Array(bytes)))
      next = entry.ai_next
    }
    return found.isEmpty
      ? .failure(.nameNotFound(host: host, temporary: false)) : .success(found)
  }
}

/// Where the asking thread leaves what it found.
private final class Answer: Sendable {
  private let value = Mutex<Result<[SocketAddress], TransportError>>(.failure(.interrupted))

  func put(_ result: Result<[SocketAddress], TransportError>) {
    value.withLock { $0 = result }
  }

  func take() -> Result<[SocketAddress], TransportError> {
    value.withLock { $0 }
  }
}
