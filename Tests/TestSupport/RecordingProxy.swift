import Glibc
import Synchronization

/// A TCP proxy on 127.0.0.1 that records both directions and cuts connections where told to.
///
/// A cut is exact: the octets before it are forwarded, none behind it, and then both sides are
/// closed. Connections are numbered from 1 in the order in which they were accepted.
package final class RecordingProxy: Sendable {
  /// Where a connection is cut.
  package enum Cut: Sendable, Hashable {
    /// After this many octets from the server; 0 cuts before the greeting.
    case afterServerOctets(Int)
    /// After this many octets from the client.
    case afterClientOctets(Int)
    /// Once the client has sent this text, which the server still gets.
    case afterClientText(String)
    /// Once the server has sent this text, which the client still gets.
    case afterServerText(String)
    /// Refused: closed as soon as it is accepted.
    case atOnce
  }

  /// What went over one connection.
  package struct Recording: Sendable {
    /// What the client sent and the server got.
    package var fromClient: [UInt8] = []
    /// What the server sent and the client got.
    package var fromServer: [UInt8] = []
    /// Whether the proxy cut it.
    package var wasCut = false
  }

  /// How a cut looks to the two sides.
  package enum Ending: Sendable {
    /// An orderly end of stream.
    case endOfStream
    /// A reset, which may also discard what the peer has not read yet.
    case reset
  }

  private struct State {
    var cuts: [Int: (cut: Cut, ending: Ending)] = [:]
    var recordings: [Recording] = []
    var open: Set<Int32> = []
    var isStopped = false
  }

  /// The port that clients connect to.
  package let port: UInt16
  private let target: UInt16
  private let listener: Int32
  private let state = Mutex(State())

  /// Starts to forward connections to `target` on 127.0.0.1.
  package init(to target: UInt16) throws {
    self.target = target
    (listener, port) = try listenOnLoopback()
    let acceptor = listener
    try startThread { [weak self] in
      while true {
        let client = accept(acceptor, nil, nil)
        guard client >= 0, let self, self.serve(client) else { break }
      }
      close(acceptor)
    }
  }

  /// Cuts the connection with this number, counted from 1, once.
  package func cut(connection: Int, _ cut: Cut, ending: Ending = .endOfStream) {
    state.withLock { $0.cuts[connection] = (cut, ending) }
  }

  /// What went over the connections so far, in the order in which they were accepted.
  package var recordings: [Recording] { state.withLock { $0.recordings } }

  /// What the client of the last connection sent, as lines.
  package var clientLines: [String] {
    recordings.flatMap { commandLines(in: $0.fromClient) }
  }

  /// Closes everything; connections that are open are cut.
  package func stop() {
    state.withLock { state in
      if !state.isStopped { shutdown(listener, Int32(SHUT_RDWR)) }
      state.isStopped = true
      for descriptor in state.open { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }
  }

  deinit { stop() }

  /// Takes an accepted connection; false once the proxy is stopped.
  private func serve(_ client: Int32) -> Bool {
    _ = fcntl(client, F_SETFD, FD_CLOEXEC)
    var one: Int32 = 1
    setsockopt(client, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
    let number = state.withLock { state -> Int? in
      guard !state.isStopped else { return nil }
      state.recordings.append(Recording())
      return state.recordings.count
    }
    guard let number, case let plan = state.withLock({ $0.cuts[number] }) else {
      close(client)
      return false
    }
    guard plan?.cut != .atOnce, let server = try? connectToLoopback(port: target) else {
      record(number) { $0.wasCut = true }
      finish([client], plan?.ending ?? .endOfStream)
      return true
    }
    state.withLock { $0.open.formUnion([client, server]) }
    let relay = Relay(client: client, server: server, number: number)
    do {
      try startThread { [self] in
        forward(relay, plan?.cut)
        state.withLock { $0.open.subtract([client, server]) }
        finish([client, server], plan?.ending ?? .endOfStream)
      }
    } catch {
      finish([client, server], .reset)
    }
    return true
  }

  private struct Relay {
    let client: Int32
    let server: Int32
    let number: Int
  }

  private func record<Result: Sendable>(
    _ number: Int, _ change: (inout Recording) -> Result
  ) -> Result {
    state.withLock { change(&$0.recordings[number - 1]) }
  }

  /// Forwards until a side ends or the cut is reached.
  private func forward(_ relay: Relay, _ cut: Cut?) {
    var interest = [
      pollfd(fd: relay.client, events: Int16(POLLIN), revents: 0),
      pollfd(fd: relay.server, events: Int16(POLLIN), revents: 0),
    ]
    if cut == .afterServerOctets(0) || cut == .afterClientOctets(0) {
      return record(relay.number) { $0.wasCut = true }
    }
    while poll(&interest, 2, -1) >= 0 || errno == EINTR {
      for (index, side) in interest.enumerated() where side.revents != 0 {
        let isClient = index == 0
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(side.fd, &chunk, chunk.count, 0)
        guard count > 0 else { return }
        chunk.removeLast(chunk.count - count)
        let (part, isCut) = record(relay.number) { recording -> ([UInt8], Bool) in
          // In place: a copy of what was seen, for each chunk, would grow with the square.
          let path = isClient ? \Recording.fromClient : \Recording.fromServer
          let allowed = cut.flatMap {
            octetsBefore($0, isClient: isClient, seen: recording[keyPath: path], chunk: chunk)
          }
          let part = Array(chunk.prefix(allowed ?? count))
          recording[keyPath: path] += part
          if allowed != nil { recording.wasCut = true }
          return (part, allowed != nil)
        }
        guard sendAll(part, to: isClient ? relay.server : relay.client), !isCut else {
          return
        }
      }
    }
  }
}

/// How many octets of the chunk stand before the cut; nil if it does not fall into the chunk.
private func octetsBefore(
  _ cut: RecordingProxy.Cut, isClient: Bool, seen: [UInt8], chunk: [UInt8]
) -> Int? {
  let limit: Int? =
    switch cut {
    case .afterServerOctets(let count): isClient ? nil : count
    case .afterClientOctets(let count): isClient ? count : nil
    case .afterClientText(let text): isClient ? end(of: text, in: seen, chunk) : nil
    case .afterServerText(let text): isClient ? nil : end(of: text, in: seen, chunk)
    case .atOnce: nil
    }
  guard let limit, limit <= seen.count + chunk.count else { return nil }
  return max(0, limit - seen.count)
}

/// The offset behind the first occurrence of the text that ends in the chunk.
private func end(of text: String, in seen: [UInt8], _ chunk: [UInt8]) -> Int? {
  let pattern = Array(text.utf8)
  let overlap = seen.suffix(pattern.count - 1)
  let range = (overlap + chunk).firstRange(of: pattern)
  return range.map { $0.upperBound - overlap.startIndex + seen.count - overlap.count }
}

private func finish(_ descriptors: [Int32], _ ending: RecordingProxy.Ending) {
  for descriptor in descriptors {
    if case .reset = ending {
      var linger = linger(l_onoff: 1, l_linger: 0)
      setsockopt(
        descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    }
    close(descriptor)
  }
}
