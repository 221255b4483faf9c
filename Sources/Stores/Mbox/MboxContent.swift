import Glibc
import Mail

/// The content of one message of an mbox file: what stands there, without the fields that are not the
/// message's own, unquoted, without a LF that was added.
final class MboxContent: MessageBytes {
  private let source: any MboxSource
  private let entry: MboxEntry
  private let omitted: [Range<Int64>]
  private let path: String
  private var position: Int64 = 0
  private var written: Int64 = 0
  private var part = 0
  // Whether the next byte begins a line, or all before it in its line are `>`.
  private var isAtLineStart = true

  /// - Parameters:
  ///   - entry: where the message is; the file must not have changed since.
  ///   - source: the file.
  ///   - path: the message's, for errors.
  init(_ entry: MboxEntry, of source: any MboxSource, path: String) {
    self.entry = entry
    omitted = entry.omitted
    self.source = source
    self.path = path
    position = entry.headerOffset
  }

  var size: Int64? { entry.size }

  func rewind() {
    position = entry.headerOffset
    written = 0
    part = 0
    isAtLineStart = true
  }

  /// Reads the next bytes.
  ///
  /// - Throws: `unreadable` if the file ends too early, and what the source throws.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(StoreError) -> Int {
    while written < entry.size, !buffer.isEmpty {
      while part < omitted.count, position >= omitted[part].lowerBound {
        position = max(position, omitted[part].upperBound)
        part += 1
        isAtLineStart = true
      }
      let end = part < omitted.count ? omitted[part].lowerBound : entry.contentEnd
      let count =
        entry.unquotes
        ? try readUnquoted(buffer, upTo: end) : try readPlain(buffer, upTo: end)
      let wanted = Int(min(Int64(count), entry.size - written))
      written += Int64(wanted)
      if written == entry.size { try source.checkUnchanged() }
      if wanted > 0 { return wanted }
    }
    return 0
  }

  private func readPlain(
    _ buffer: UnsafeMutableRawBufferPointer, upTo end: Int64
  ) throws(StoreError) -> Int {
    let count = Int(min(Int64(buffer.count), end - position))
    try fill(buffer, count)
    position += Int64(count)
    return count
  }

  private func fill(
    _ buffer: UnsafeMutableRawBufferPointer, _ count: Int
  ) throws(StoreError) {
    var done = 0
    repeat {
      let target = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<count])
      let read =
        target.isEmpty ? 0 : try source.read(into: target, at: position + Int64(done))
      guard read > 0 else {
        throw .changed(path)
      }
      done += read
    } while done < count
  }

  // A mark may be cut by the end of the buffer: then what is not sure is read again. Of several `>`
  // it does not matter which one goes, so all but the last can be given out.
  private func readUnquoted(
    _ buffer: UnsafeMutableRawBufferPointer, upTo end: Int64
  ) throws(StoreError) -> Int {
    guard buffer.count >= Self.least else { return try readFewUnquoted(buffer, upTo: end) }
    let count = Int(min(Int64(buffer.count), end - position))
    try fill(buffer, count)
    let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
    let isLast = position + Int64(count) == end
    var output = QuoteRemover(bytes)
    let consumed = output.run(isAtLineStart: &isAtLineStart, isLast: isLast)
    position += Int64(consumed)
    return output.written
  }

  private static let least = 16

  private func readFewUnquoted(
    _ buffer: UnsafeMutableRawBufferPointer, upTo end: Int64
  ) throws(StoreError) -> Int {
    var written = 0
    var raw: InlineArray<24, UInt8> = .init(repeating: 0)
    let count = Int(min(24, end - position))
    var failure: StoreError?
    var span = raw.mutableSpan
    span.withUnsafeMutableBytes { bytes in
      do throws(StoreError) { try fill(bytes, count) } catch { failure = error }
    }
    if let failure { throw failure }
    var index = 0
    while written < buffer.count, index < count {
      let isMarked =
        isAtLineStart && index + 6 <= count && raw[index] == UInt8(ascii: ">")
        && Self.from.indices.allSatisfy { raw[index + 1 + $0] == Self.from[$0] }
      if isMarked {
        index += 1
        isAtLineStart = false
      }
      buffer[written] = raw[index]
      isAtLineStart = raw[index] == .lineFeed || (isAtLineStart && raw[index] == UInt8(ascii: ">"))
      written += 1
      index += 1
    }
    position += Int64(index)
    return written
  }

  private static let from = Array("From ".utf8)
}

/// Takes one `>` off the lines that mboxrd quotes, in a buffer.
private struct QuoteRemover {
  private let bytes: UnsafeMutableRawBufferPointer
  private var position = 0
  private(set) var written = 0

  init(_ bytes: UnsafeMutableRawBufferPointer) { self.bytes = bytes }

  /// Returns how many bytes were dealt with; the others have to come again.
  mutating func run(isAtLineStart: inout Bool, isLast: Bool) -> Int {
    while position < bytes.count {
      if isAtLineStart {
        let start = position
        var end = start
        while end < bytes.count, bytes[end] == UInt8(ascii: ">") { end += 1 }
        if end > start {
          if QuotedLine.isFrom(UnsafeRawBufferPointer(bytes), at: end) {
            move(upTo: end - 1)
            position += 1
          } else if !isLast, mayBeFrom(at: end) {
            move(upTo: end - 1)
            return position
          }
        }
      }
      guard let base = bytes.baseAddress,
        let found = memchr(base + position, Int32(UInt8.lineFeed), bytes.count - position)
      else {
        // A line of `>` alone so far is seen above.
        isAtLineStart = false
        move(upTo: bytes.count)
        break
      }
      move(upTo: UnsafeRawPointer(found) - UnsafeRawPointer(base) + 1)
      isAtLineStart = true
    }
    return position
  }

  private func mayBeFrom(at start: Int) -> Bool {
    let rest = bytes.count - start
    guard rest < 5 else { return false }
    for (index, letter) in "From ".utf8.prefix(rest).enumerated()
    where bytes[start + index] != letter {
      return false
    }
    return true
  }

  private mutating func move(upTo end: Int) {
    let count = end - position
    if count > 0, written != position, let base = bytes.baseAddress {
      memmove(base + written, base + position, count)
    }
    written += max(count, 0)
    position = end
  }
}
