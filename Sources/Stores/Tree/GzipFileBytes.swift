import Platform

/// The content of a file that gzip compressed: all its members, one after another.
///
/// Zeros behind them are padding, as tapes have it. Memory does not grow with the file.
final class GzipFileBytes: MessageBytes {
  private static let inputSize = 32 << 10
  private static let magic: [UInt8] = [0x1F, 0x8B]

  let size: Int64? = nil
  private let file: FileDescriptor
  private let path: String
  private let inflater = Inflater()
  private let input = UnsafeMutableRawBufferPointer.allocate(
    byteCount: GzipFileBytes.inputSize, alignment: 16)
  private var position: Int64 = 0
  private var available: Range<Int> = 0..<0
  private var isFinished = false

  init(_ file: consuming FileDescriptor, path: String) {
    self.file = file
    self.path = path
  }

  deinit { input.deallocate() }

  /// Whether a file's first bytes are those of gzip with its one method, deflate.
  static func isCompressed(_ start: some Collection<UInt8>) -> Bool {
    start.starts(with: magic + [8])
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(StoreError) -> Int {
    while !isFinished {
      if available.isEmpty { try refill() }
      if inflater.isAtMemberEnd, try !beginsMember() {
        isFinished = true
        break
      }
      guard !available.isEmpty else {
        throw .unreadable(path: path, reason: "its compressed data ends before its time")
      }
      let (taken, written) = try inflate(into: buffer)
      available = (available.lowerBound + taken)..<available.upperBound
      if written > 0 { return written }
    }
    return 0
  }

  private func inflate(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(StoreError) -> (taken: Int, written: Int) {
    do {
      return try inflater.inflate(
        UnsafeRawBufferPointer(rebasing: input[available]), into: buffer)
    } catch {
      throw .unreadable(path: path, reason: "its compressed data is damaged: \(error.reason)")
    }
  }

  // What follows the last member and is no member is passed over, as gzip does; half of the next
  // one's first bytes is not: that is a file cut off.
  private func beginsMember() throws(StoreError) -> Bool {
    while let next = available.first, input[next] == 0 {
      available = (next + 1)..<available.upperBound
      if available.isEmpty { try refill() }
    }
    guard let next = available.first else { return false }
    return input[next] == Self.magic[0]
  }

  private func refill() throws(StoreError) {
    do {
      available = 0..<(try file.read(into: input, at: position))
    } catch {
      throw .system(error.at(path))
    }
    position += Int64(available.count)
  }

  func rewind() throws(StoreError) {
    inflater.reset()
    position = 0
    available = 0..<0
    isFinished = false
  }
}
