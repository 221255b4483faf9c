import Glibc
import TestSupport

/// The octets of one connection of the server.
final class FakeTargetStream {
  private let descriptor: Int32
  private var buffer: [UInt8] = []

  init(_ descriptor: Int32) {
    self.descriptor = descriptor
    // Else each answer to a client that waits for it takes 40 ms.
    var one: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
  }

  func close() { Glibc.close(descriptor) }

  /// Sends octets: as a whole, or so many at a time with a pause between them.
  func send(_ bytes: [UInt8], inPieces pieces: (octets: Int, microseconds: UInt32)?) {
    guard let pieces else {
      _ = sendAll(bytes, to: descriptor)
      return
    }
    for start in stride(from: 0, to: bytes.count, by: pieces.octets) {
      usleep(pieces.microseconds)
      let piece = bytes[start..<min(start + pieces.octets, bytes.count)]
      guard sendAll(Array(piece), to: descriptor) else { return }
    }
  }

  func readLine() -> String? {
    while true {
      if let end = buffer.firstIndex(of: 10) {
        defer { buffer.removeFirst(end + 1) }
        return String(decoding: buffer[..<max(0, end - 1)], as: UTF8.self)
      }
      guard fill() else { return nil }
    }
  }

  func read(_ count: Int) -> [UInt8]? {
    while buffer.count < count {
      guard fill() else { return nil }
    }
    defer { buffer.removeFirst(count) }
    return Array(buffer[..<count])
  }

  private func fill() -> Bool {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &chunk, chunk.count, 0)
    guard count > 0 else { return false }
    buffer += chunk[..<count]
    return true
  }
}
