import Glibc
import Mail

/// Writes a message's content as it stands in an mbox, a chunk at a time: every line that begins with
/// `From `, or with `>`s and `From `, gets one more `>`, and the end of its header is found, where the
/// block of fields goes.
struct MboxWriter {
  /// What is known of a message when all of it came.
  struct Shape: Equatable, Sendable {
    /// Bytes of the written content, with the LF that was added to it.
    var size: Int64
    /// The LFs of the content itself.
    var lineFeeds: Int64
    /// Where in them the block belongs: behind the last field.
    var blockOffset: Int64
    /// Whether a LF was added, since the content does not end in one.
    var addsNewline: Bool
    /// Whether the block needs an empty line behind it, since the content begins with a line that is
    /// neither a field nor empty.
    var addsBlank: Bool
  }

  // Where in its line the next byte is, as far as quoting goes.
  private enum Quoting {
    // Only `>` came before it in its line.
    case start
    // So many letters of `From ` came, and are held back.
    case word(Int)
    case rest
  }

  private static let word = Array("From ".utf8)

  private var quoting = Quoting.start
  private var region = MboxFieldRegion()
  private var written: Int64 = 0
  private var lineFeeds: Int64 = 0
  private var last: UInt8?

  init() {}

  /// Writes the next bytes of the content.
  ///
  /// - Parameters:
  ///   - chunk: the bytes.
  ///   - output: gets what is to be written, in pieces.
  /// - Throws: what `output` throws.
  mutating func write<Problem>(
    _ chunk: UnsafeRawBufferPointer,
    to output: (UnsafeRawBufferPointer) throws(Problem) -> Void
  ) throws(Problem) {
    guard let base = chunk.baseAddress, !chunk.isEmpty else { return }
    region.take(chunk)
    if case .word(let held) = quoting {
      let whole = Self.word[held...]
      let match = zip(whole, chunk).prefix { $0 == $1 }.count
      if match < whole.count, match == chunk.count {
        quoting = .word(held + match)
        last = chunk[match - 1]
        return
      }
      if match == whole.count { try emit([UInt8(ascii: ">")], output) }
      try emit(Self.word[..<held], output)
      quoting = .rest
    }
    // What is in the chunk and not written yet begins here.
    var pending = 0
    var position = 0
    while position < chunk.count {
      switch quoting {
      case .rest, .word:
        guard let found = memchr(base + position, Int32(UInt8.lineFeed), chunk.count - position)
        else {
          position = chunk.count
          break
        }
        position = UnsafeRawPointer(found) - base + 1
        lineFeeds += 1
        quoting = .start
      case .start:
        let byte = chunk[position]
        if byte == UInt8(ascii: ">") {
          position += 1
        } else if byte == UInt8(ascii: "F") {
          let match = zip(Self.word, chunk[position...]).prefix { $0 == $1 }.count
          if match == Self.word.count {
            try flush(chunk, pending..<position, output)
            pending = position
            try emit([UInt8(ascii: ">")], output)
            quoting = .rest
          } else if position + match == chunk.count {
            try flush(chunk, pending..<position, output)
            pending = chunk.count
            position = chunk.count
            quoting = .word(match)
          } else {
            quoting = .rest
          }
        } else {
          quoting = .rest
        }
      }
    }
    try flush(chunk, pending..<chunk.count, output)
    last = chunk[chunk.count - 1]
  }

  /// Ends the message.
  ///
  /// - Parameter output: gets what is still to be written.
  /// - Returns: what is to be known of the written content.
  /// - Throws: what `output` throws.
  mutating func finish<Problem>(
    to output: (UnsafeRawBufferPointer) throws(Problem) -> Void
  ) throws(Problem) -> Shape {
    if case .word(let held) = quoting { try emit(Self.word[..<held], output) }
    region.finish()
    let addsNewline = last != nil && last != .lineFeed
    if addsNewline { try emit([.lineFeed], output) }
    return Shape(
      size: written, lineFeeds: lineFeeds,
      blockOffset: region.end.map { $0 + region.quotedLines } ?? written,
      addsNewline: addsNewline, addsBlank: region.beginsWithJunk)
  }

  private mutating func emit<Problem>(
    _ bytes: ArraySlice<UInt8>, _ output: (UnsafeRawBufferPointer) throws(Problem) -> Void
  ) throws(Problem) {
    guard !bytes.isEmpty else { return }
    written += Int64(bytes.count)
    try bytes.span.bytes.withUnsafeBytes { bytes throws(Problem) in try output(bytes) }
  }

  private mutating func flush<Problem>(
    _ chunk: UnsafeRawBufferPointer, _ range: Range<Int>,
    _ output: (UnsafeRawBufferPointer) throws(Problem) -> Void
  ) throws(Problem) {
    guard !range.isEmpty else { return }
    written += Int64(range.count)
    try output(UnsafeRawBufferPointer(rebasing: chunk[range]))
  }
}
