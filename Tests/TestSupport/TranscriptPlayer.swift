import Glibc

/// Plays the server's side of a transcript on a socket, to a client that may do as it likes.
package struct TranscriptPlayer {
  /// What the client did.
  package struct Report: Sendable {
    /// What differed from the transcript; empty when all went as written.
    package var problems: [String] = []

    /// All that the client sent.
    package var received: [UInt8] = []
  }

  private let descriptor: Int32
  private var matcher = TranscriptMatcher()
  private var buffer: [UInt8] = []
  private var report = Report()

  /// Plays until the client does a thing that is not written, then closes the socket.
  ///
  /// It ends before that with the transcript or at `S! close`. It waits ten seconds at most for
  /// anything.
  package static func play(_ transcript: Transcript, on descriptor: Int32) -> Report {
    defer { close(descriptor) }
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    var player = TranscriptPlayer(descriptor: descriptor)
    player.play(transcript)
    return player.report
  }

  private init(descriptor: Int32) { self.descriptor = descriptor }

  private mutating func play(_ transcript: Transcript) {
    for step in transcript.steps {
      switch step {
      case .server(let bytes):
        guard send(matcher.fill(bytes)) else {
          return note("the client has closed before: \(String(decoding: bytes, as: UTF8.self))")
        }
      case .close: return
      default:
        guard receive(step) else { return }
      }
    }
    if !buffer.isEmpty { note("left over: \(String(decoding: buffer, as: UTF8.self))") }
  }

  /// Reads until the client has done its step; false, and noted, where it does another thing.
  private mutating func receive(_ step: Transcript.Step) -> Bool {
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
        report.received += chunk.prefix(count)
      }
    }
  }

  /// MSG_NOSIGNAL, which Swift imports with a type that depends on the other modules in sight.
  private static let noSignal: Int32 = 0x4000

  private func send(_ bytes: [UInt8]) -> Bool {
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

  private mutating func note(_ problem: String) { report.problems.append(problem) }
}
