import Glibc
import Synchronization

/// A server that follows a transcript on one end of a socket pair, in a thread of its own.
///
/// Where the client does not do what the transcript says, the server notes it and closes. It waits
/// ten seconds at most for anything.
package final class ScriptedServer: Sendable {
  /// What the client did.
  package struct Report: Sendable {
    /// What differed from the transcript; empty when all went as written.
    package var problems: [String] = []

    /// All that the client sent.
    package var received: [UInt8] = []
  }

  /// The client's end; the caller owns it and closes it.
  package let clientDescriptor: Int32

  private let report = Mutex(Report())
  private let thread = Mutex<pthread_t?>(nil)

  /// Opens the socket pair and starts to play; nil where the system refuses.
  package init?(_ transcript: Transcript) {
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { return nil }
    clientDescriptor = ends[0]
    let serverEnd = ends[1]
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(serverEnd, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    setsockopt(serverEnd, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    let work = Work { [self] in play(transcript, on: serverEnd) }
    let started = thread.withLock { thread in
      var identifier = pthread_t()
      let status = pthread_create(
        &identifier, nil,
        { argument in
          guard let argument else { return nil }
          Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run()
          return nil
        }, Unmanaged.passRetained(work).toOpaque())
      if status == 0 { thread = identifier }
      return status == 0
    }
    guard started else { return nil }
  }

  /// Waits until the transcript is played to its end, and tells what happened.
  ///
  /// Call it once the client is done; a client that has not read its end must have closed it.
  package func finish() -> Report {
    let identifier = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    if let identifier { pthread_join(identifier, nil) }
    return report.withLock { $0 }
  }

  private final class Work: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  private func play(_ transcript: Transcript, on descriptor: Int32) {
    defer { close(descriptor) }
    var matcher = TranscriptMatcher()
    var buffer: [UInt8] = []
    for step in transcript.steps {
      switch step {
      case .server(let bytes):
        guard send(matcher.fill(bytes), to: descriptor) else {
          return note("the client has closed before: \(String(decoding: bytes, as: UTF8.self))")
        }
      case .close: return
      default:
        guard receive(step, &matcher, &buffer, on: descriptor) else { return }
      }
    }
    if !buffer.isEmpty { note("left over: \(String(decoding: buffer, as: UTF8.self))") }
  }

  /// Reads until the client has done its step; false, and noted, where it does another thing.
  private func receive(
    _ step: Transcript.Step, _ matcher: inout TranscriptMatcher, _ buffer: inout [UInt8],
    on descriptor: Int32
  ) -> Bool {
    while true {
      switch matcher.match(step, buffer[...]) {
      case .matches(let count):
        buffer.removeFirst(count)
        return true
      case .differs(let expected, let found):
        note("expected \(expected), found \(found)")
        return false
      case .incomplete:
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else {
          note("the client \(count == 0 ? "closed" : "was silent") at: \(step), with: \(buffer)")
          return false
        }
        buffer += chunk.prefix(count)
        report.withLock { $0.received += chunk.prefix(count) }
      }
    }
  }

  /// MSG_NOSIGNAL, which Swift imports with a type that depends on the other modules in sight.
  private static let noSignal: Int32 = 0x4000

  private func send(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        Glibc.send(
          descriptor, buffer.baseAddress.map { $0 + sent }, buffer.count - sent,
          Self.noSignal)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  private func note(_ problem: String) { report.withLock { $0.problems.append(problem) } }
}
