/// Some bytes of a file, with room before them for the beginning of their first line.
struct MboxFileBlock: Sendable {
  private var bytes: [UInt8] = []
  private var room = 0
  private var count = 0

  /// One for no bytes at all.
  init() {}

  /// - Parameters:
  ///   - size: how many bytes it takes.
  ///   - room: how many can be put before them.
  init(size: Int, room: Int) {
    bytes = [UInt8](repeating: 0, count: room + size)
    self.room = room
  }

  /// Whether the file ends with it: else it is full.
  var isLast: Bool { room + count < bytes.count }

  mutating func clear() { count = 0 }

  /// Runs a closure on its free bytes, which returns how many it filled.
  mutating func append(
    _ read: (UnsafeMutableRawBufferPointer) throws(StoreError) -> Int
  ) throws(StoreError) -> Int {
    let start = room + count
    var span = bytes.mutableSpan
    var all = span.mutableBytes
    let filled = try all.withUnsafeMutableBytes { buffer throws(StoreError) in
      try read(UnsafeMutableRawBufferPointer(rebasing: buffer[start...]))
    }
    count += filled
    return filled
  }

  /// Runs a closure on its bytes with others, at most `room`, before them.
  mutating func withBytes<Value>(
    after rest: [UInt8], _ body: (UnsafeRawBufferPointer) -> Value
  ) -> Value {
    let range = (room - rest.count)..<(room + count)
    return bytes.withUnsafeMutableBytes { buffer in
      let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer[range])
      bytes.copyBytes(from: rest)
      return body(UnsafeRawBufferPointer(bytes))
    }
  }
}
