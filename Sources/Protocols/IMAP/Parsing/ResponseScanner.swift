/// Reads the tokens of one response, from left to right (RFC 9051, section 9).
///
/// It is lenient where servers are known to be sloppy (more than one space, odd atoms) and never
/// reads outside of `bytes`, whatever they are.
struct ResponseScanner {
  /// The response without its line end, inline literals included.
  let bytes: UnsafeRawBufferPointer

  /// The next byte to be read.
  var position = 0

  /// How deep parentheses may be nested.
  let depthLimit: Int

  /// Where the bytes of the streamed literal would stand, had they not been streamed.
  let streamedOffset: Int?

  init(_ bytes: UnsafeRawBufferPointer, depthLimit: Int, streamedOffset: Int?) {
    self.bytes = bytes
    self.depthLimit = depthLimit
    self.streamedOffset = streamedOffset
  }

  var isAtEnd: Bool { position >= bytes.count }

  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  /// Steps over `byte` if it comes next.
  mutating func skip(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  mutating func skipSpaces() {
    while position < bytes.count, bytes[position] == UInt8(ascii: " ") { position += 1 }
  }

  mutating func expect(_ byte: UInt8) throws(ParseFailure) {
    guard skip(byte) else { throw .malformed }
  }

  /// Reads at least one space.
  mutating func expectSpaces() throws(ParseFailure) {
    try expect(UInt8(ascii: " "))
    skipSpaces()
  }

  /// Reads the opening parenthesis of a list, after optional spaces.
  mutating func openList() throws(ParseFailure) {
    skipSpaces()
    try expect(UInt8(ascii: "("))
  }

  /// Reads the closing parenthesis of a list if it comes next, after optional spaces.
  mutating func closeList() -> Bool {
    skipSpaces()
    return skip(UInt8(ascii: ")"))
  }

  /// Reads a decimal number that fits into 64 bits.
  mutating func number() throws(ParseFailure) -> UInt64 {
    guard let first = next, first.isDigit else { throw .malformed }
    var value: UInt64 = 0
    while let byte = next, byte.isDigit {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(UInt64(byte &- 0x30))
      guard !overflow, !carry else { throw .malformed }
      value = sum
      position += 1
    }
    return value
  }

  /// Reads a decimal number that fits into 32 bits.
  mutating func number32() throws(ParseFailure) -> UInt32 {
    guard let value = UInt32(exactly: try number()) else { throw .malformed }
    return value
  }

  /// Reads everything up to a space, a parenthesis, a quote or the end; at least one byte.
  mutating func atom() throws(ParseFailure) -> Range<Int> {
    let start = position
    scan: while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: " "), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "\""), 13, 10:
        break scan
      default: position += 1
      }
    }
    guard position > start else { throw .malformed }
    return start..<position
  }

  /// Reads an atom, stopping before `]` too, as within a response code.
  mutating func codeAtom() throws(ParseFailure) -> Range<Int> {
    guard next != UInt8(ascii: "]") else { throw .malformed }
    let whole = try atom()
    guard let bracket = bytes[whole].firstIndex(of: UInt8(ascii: "]")) else { return whole }
    position = bracket
    return whole.lowerBound..<bracket
  }

  /// Steps over one value of any kind: atom, string or nested list.
  mutating func skipValue() throws(ParseFailure) {
    var depth = 0
    repeat {
      skipSpaces()
      switch next {
      case nil: throw .malformed
      case UInt8(ascii: "("):
        depth += 1
        guard depth <= depthLimit else { throw .nestingTooDeep }
        position += 1
      case UInt8(ascii: ")"):
        guard depth > 0 else { throw .malformed }
        depth -= 1
        position += 1
      default:
        if startsString {
          _ = try string()
        } else {
          _ = try atom()
        }
      }
    } while depth > 0
  }
}
