import Mail

/// Finds lines such as `>From ` and `>>From ` in lines that come in pieces.
struct QuotedLine {
  private static let word = Array("From ".utf8)
  private var quotes = 0
  private var matched = 0
  private var isDecided = false

  /// Takes the next bytes of a line, from its start on; true if they complete the mark.
  mutating func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
    for byte in bytes {
      if isDecided { return false }
      if byte == UInt8(ascii: ">"), matched == 0 {
        quotes += 1
      } else if quotes > 0, byte == Self.word[matched] {
        matched += 1
        if matched == Self.word.count {
          isDecided = true
          return true
        }
      } else {
        isDecided = true
      }
    }
    return false
  }

  /// Whether a line that begins with `>` and is there as a whole is one.
  static func matches(_ line: UnsafeRawBufferPointer) -> Bool {
    var start = 1
    while start < line.count, line[start] == UInt8(ascii: ">") { start += 1 }
    return isFrom(line, at: start)
  }

  /// Whether `From ` stands at an offset.
  static func isFrom(_ bytes: UnsafeRawBufferPointer, at start: Int) -> Bool {
    guard bytes.count - start >= 5 else { return false }
    let letters = UInt32(
      littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self))
    return letters == 0x6D6F_7246 && bytes[start + 4] == UInt8(ascii: " ")
  }
}
