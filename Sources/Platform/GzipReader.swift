/// Why compressed content can't be read any further; what came before was delivered.
package enum GzipError: Error, Sendable, Equatable {
  /// The file ends in the middle of compressed data, so many bytes of content after its beginning.
  case truncated(after: Int64)
  /// The compressed data is not what it was, or something else stands behind it.
  case damaged(after: Int64, reason: String)
  /// The file can't be read.
  case system(SystemError)
}

extension GzipError: CustomStringConvertible {
  /// What is wrong, to follow a path and "can't be read".
  package var description: String {
    switch self {
    case .truncated(let count): "the gzip data ends too early, after \(count) bytes of content"
    case .damaged(let count, let reason):
      "the gzip data is damaged after \(count) bytes of content (\(reason))"
    case .system(let error): error.description
    }
  }
}

/// Reads the content of a gzip file (RFC 1952) of one member or more, at any place.
///
/// Reading forward is linear. Going back further than a few KiB begins again at the last member that
/// begins before the place. Memory does not grow with the content, but by 16 bytes for each member.
package final class GzipReader {
  private struct Member {
    let compressed: Int64
    let content: Int64
  }

  private static let inputSize = 128 << 10
  private static let blockSize = 256 << 10
  // What stays of the last block: who looks ahead in lines goes back a little.
  private static let keptSize = 4 << 10

  private let inflater = Inflater()
  private let input: UnsafeMutableRawBufferPointer
  private let block: UnsafeMutableRawBufferPointer
  // What of the input is not inflated yet, and where in the file it ends.
  private var available: Range<Int> = 0..<0
  private var inputEnd: Int64 = 0
  private var blockOffset: Int64 = 0
  private var blockCount = 0
  private var isInMember = false
  private var isAtEnd = false
  private var members: [Member] = [Member(compressed: 0, content: 0)]
  private var failure: GzipError?

  /// Makes a reader for one file, which is given to each `read`.
  package init() {
    input = .allocate(byteCount: Self.inputSize, alignment: 16)
    block = .allocate(byteCount: Self.blockSize, alignment: 16)
  }

  deinit {
    input.deallocate()
    block.deallocate()
  }

  /// Whether a file begins as gzip files do.
  package static func isGzip(_ file: borrowing FileDescriptor) throws(SystemError) -> Bool {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 3, alignment: 1)
    defer { bytes.deallocate() }
    return try file.read(into: bytes, at: 0) == 3 && bytes.elementsEqual([0x1F, 0x8B, 8])
  }

  /// Reads content.
  ///
  /// - Parameters:
  ///   - buffer: where it goes.
  ///   - offset: how much content comes before it.
  ///   - file: the file, always the same.
  /// - Returns: how many bytes were read, perhaps fewer than asked for; 0 behind the last one.
  /// - Throws: where the content ends for another reason than the file's end, once all before is read.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int64, of file: borrowing FileDescriptor
  ) throws(GzipError) -> Int {
    if offset < blockOffset { restart(before: offset) }
    while offset >= blockOffset + Int64(blockCount) {
      if isAtEnd {
        if let failure { throw failure }
        return 0
      }
      inflateBlock(of: file)
    }
    let start = Int(offset - blockOffset)
    let count = min(buffer.count, blockCount - start)
    buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: block[start..<(start + count)]))
    return count
  }

  /// How many members begin in what was read so far.
  package var memberCount: Int { members.count }

  private func restart(before offset: Int64) {
    var low = 0
    var high = members.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if members[middle].content <= offset { low = middle } else { high = middle }
    }
    inputEnd = members[low].compressed
    available = 0..<0
    blockOffset = members[low].content
    blockCount = 0
    inflater.reset()
    isInMember = false
    isAtEnd = false
    failure = nil
  }

  // Fills the block with what follows it.
  private func inflateBlock(of file: borrowing FileDescriptor) {
    let kept = min(blockCount, Self.keptSize)
    block.copyMemory(
      from: UnsafeRawBufferPointer(rebasing: block[(blockCount - kept)..<blockCount]))
    blockOffset += Int64(blockCount - kept)
    blockCount = kept
    while blockCount < Self.blockSize, !isAtEnd {
      if available.isEmpty {
        fillInput(of: file)
        if isAtEnd { break }
      }
      if !isInMember { beginMember() }
      inflateSome()
    }
  }

  private var contentEnd: Int64 { blockOffset + Int64(blockCount) }

  private func fillInput(of file: borrowing FileDescriptor) {
    do throws(SystemError) {
      available = 0..<(try file.read(into: input, at: inputEnd))
      inputEnd += Int64(available.count)
      if !available.isEmpty { return }
      if isInMember { failure = .truncated(after: contentEnd) }
    } catch {
      failure = .system(error)
    }
    isAtEnd = true
  }

  // Behind a member follows another one, or zeros (tapes, and files whose size was set before), or
  // something that is no gzip.
  private func beginMember() {
    if inputEnd > Int64(available.count) {
      while let next = available.first, input[next] == 0 { available.removeFirst() }
      if available.isEmpty { return }
    }
    isInMember = true
    let compressed = inputEnd - Int64(available.count)
    if let last = members.last, last.compressed < compressed {
      members.append(Member(compressed: compressed, content: contentEnd))
    }
  }

  private func inflateSome() {
    guard isInMember else { return }
    do throws(InflateError) {
      let (taken, written) = try inflater.inflate(
        UnsafeRawBufferPointer(rebasing: input[available]),
        into: UnsafeMutableRawBufferPointer(rebasing: block[blockCount...]))
      available = (available.lowerBound + taken)..<available.upperBound
      blockCount += written
      if inflater.isAtMemberEnd { isInMember = false }
    } catch {
      blockCount += error.written
      isAtEnd = true
      failure = .damaged(after: contentEnd, reason: error.reason)
    }
  }
}
