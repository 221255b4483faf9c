import Glibc
import Synchronization

/// A server that follows transcripts, in a thread of its own.
///
/// Where the client does not do what its transcript says, the server notes it and closes.
package final class ScriptedServer: Sendable {
  /// The socket that takes connections.
  ///
  /// Closed once the thread has ended and not before: its number could by then be that of somebody
  /// else's file.
  private let listener: Int32?

  /// The client's end of the socket pair, which the caller owns and closes; -1 when listening.
  package let clientDescriptor: Int32

  /// The port on 127.0.0.1; 0 when it is a socket pair.
  package let port: UInt16

  private let reports = Mutex<[TranscriptPlayer.Report]>([])
  private let thread = Mutex<pthread_t?>(nil)

  /// Plays one transcript on a socket pair; nil where the system refuses.
  package init?(_ transcript: Transcript) {
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { return nil }
    listener = nil
    port = 0
    clientDescriptor = ends[0]
    let end = ends[1]
    guard start({ [self] in play(transcript, on: end) }) else { return nil }
  }

  /// Listens on a free port of 127.0.0.1 and plays one transcript to each connection in turn.
  ///
  /// After the last one connections are refused. Nil where the system refuses.
  package init?(listening transcripts: [Transcript]) {
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(AF_INET, type, 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 && listen(descriptor, 16) == 0
          && getsockname(descriptor, $0, &size) == 0
      }
    }
    listener = descriptor
    port = UInt16(bigEndian: address.sin_port)
    clientDescriptor = -1
    guard isBound,
      start({ [self] in
        for transcript in transcripts {
          let connection = accept(descriptor, nil, nil)
          guard connection >= 0 else { break }
          play(transcript, on: connection)
        }
        shutdown(descriptor, Int32(SHUT_RDWR))
      })
    else { return nil }
  }

  /// Waits until the server is done, and tells what happened on each connection.
  ///
  /// Call it once, when the client has closed. Transcripts that nobody connected for have no report.
  package func finish() -> [TranscriptPlayer.Report] {
    let identifier = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    if let identifier {
      // Wakes the thread if it still waits for somebody to connect.
      if let listener { shutdown(listener, Int32(SHUT_RDWR)) }
      pthread_join(identifier, nil)
      if let listener { close(listener) }
    }
    return reports.withLock { $0 }
  }

  private func play(_ transcript: Transcript, on descriptor: Int32) {
    let report = TranscriptPlayer.play(transcript, on: descriptor)
    reports.withLock { $0.append(report) }
  }

  private final class Work: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  private func start(_ run: @escaping @Sendable () -> Void) -> Bool {
    let work = Unmanaged.passRetained(Work(run))
    return thread.withLock { thread in
      var identifier = pthread_t()
      let status = pthread_create(
        &identifier, nil,
        { argument in
          guard let argument else { return nil }
          Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run()
          return nil
        }, work.toOpaque())
      if status == 0 { thread = identifier } else { work.release() }
      return status == 0
    }
  }
}
