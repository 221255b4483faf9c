import Platform
import Testing
import Transport

@Suite struct InputBufferTests {
  @Test(arguments: [1, 7, 4096, 100_000, 300_000])
  func everyByteComesOnceAndInOrder(piece: Int) throws {
    let size = 1_500_000
    let channel = PatternChannel(size: size, piece: piece)
    let buffer = InputBuffer()
    var position = 0
    reading: while true {
      switch try buffer.fill(from: channel) {
      case .filled(let count): #expect(count > 0)
      case .full: #expect(buffer.unreadCount == InputBuffer.capacity)
      case .wouldBlock: continue reading
      case .endOfStream: break reading
      }
      // What a session does: it takes a part and leaves the rest for later.
      let take = buffer.unreadCount == InputBuffer.capacity ? 200_000 : buffer.unreadCount / 2
      let matches = buffer.withUnread { bytes in
        (0..<take).allSatisfy { bytes[$0] == PatternChannel.byte(at: position + $0) }
      }
      #expect(matches)
      buffer.consume(take)
      position += take
    }
    let rest = buffer.withUnread { bytes in
      bytes.indices.allSatisfy { bytes[$0] == PatternChannel.byte(at: position + $0) }
    }
    #expect(rest)
    #expect(position + buffer.unreadCount == size)
  }

  @Test func fillsUpToItsCapacityAndNoFurther() throws {
    let channel = PatternChannel(size: 1 << 20, piece: 1 << 20)
    let buffer = InputBuffer()
    while try buffer.fill(from: channel) != .full {}
    #expect(buffer.unreadCount == InputBuffer.capacity)
    buffer.consume(1)
    #expect(try buffer.fill(from: channel) == .filled(1))
    #expect(buffer.withUnread { $0.first } == PatternChannel.byte(at: 1))
  }

  @Test func discardedBytesAreGone() throws {
    let channel = PatternChannel(size: 100, piece: 50)
    let buffer = InputBuffer()
    #expect(try buffer.fill(from: channel) == .filled(50))
    buffer.discard()
    #expect(buffer.unreadCount == 0)
    #expect(try buffer.fill(from: channel) == .filled(50))
    #expect(buffer.withUnread { $0.first } == PatternChannel.byte(at: 50))
    #expect(try buffer.fill(from: channel) == .endOfStream)
    #expect(buffer.unreadCount == 50)
  }
}

/// A channel that hands out numbered bytes.
private final class PatternChannel: ByteChannel {
  private var position = 0
  private let size: Int
  private let piece: Int

  init(size: Int, piece: Int) {
    self.size = size
    self.piece = piece
  }

  static func byte(at position: Int) -> UInt8 { UInt8(position % 251) }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> ReadOutcome {
    let count = min(piece, size - position, buffer.count)
    if count == 0 { return .endOfStream }
    for index in 0..<count { buffer[index] = PatternChannel.byte(at: position + index) }
    position += count
    return .bytes(count)
  }

  func write(_ bytes: UnsafeRawBufferPointer) -> Int { bytes.count }

  func wait(for interest: Interest, until deadline: Deadline) -> Interest { interest }

  func close() {}
}
