/// Text of a header field, taken apart into encoded words (RFC 2047) and what stands between them.
///
/// Read as mail programs write it: words stuck to other text, in quotes, with blanks in them and with
/// a language behind the charset (RFC 2231, section 5) count as well.
package struct EncodedWords: Sendable {
  /// A part of the text.
  package enum Piece: Equatable, Sendable {
    /// Bytes as they stand in the field.
    case raw([UInt8])
    /// What adjacent words of one charset hold together.
    case encoded(Encoded)
  }

  /// What one or more adjacent words hold.
  package struct Encoded: Equatable, Sendable {
    /// The charset as the first word names it.
    package fileprivate(set) var charset: String
    /// The text in this charset.
    ///
    /// A character may have been split over two words.
    package fileprivate(set) var bytes: [UInt8]
    /// The words as they stand in the field.
    package fileprivate(set) var source: [UInt8]
  }

  /// The most bytes of one word's text; RFC 2047 allows 75.
  private static let textLimit = 4096
  private static let charsetLimit = 64

  /// The parts in their order; none is empty.
  package private(set) var pieces: [Piece] = []

  /// Takes an unfolded field body apart.
  package init(_ body: [UInt8]) {
    var start = 0
    var position = 0
    while position + 1 < body.count {
      guard body[position] == UInt8(ascii: "="), body[position + 1] == UInt8(ascii: "?"),
        let word = Self.word(in: body, at: position)
      else {
        position += 1
        continue
      }
      add(body[start..<position], word.piece)
      position = word.end
      start = position
    }
    if start < body.count { pieces.append(.raw(Array(body[start...]))) }
  }

  private mutating func add(_ between: ArraySlice<UInt8>, _ word: Encoded) {
    let isBlank = between.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    // White space between two words is not part of the text (section 6.2).
    if isBlank, case .encoded(var last) = pieces.last {
      guard last.charset.lowercased() == word.charset.lowercased() else {
        pieces.append(.encoded(word))
        return
      }
      last.bytes += word.bytes
      last.source += between + word.source
      pieces[pieces.count - 1] = .encoded(last)
      return
    }
    if !between.isEmpty { pieces.append(.raw(Array(between))) }
    pieces.append(.encoded(word))
  }

  /// The word that begins at `start`, and where it ends; nil if there is none.
  private static func word(
    in body: [UInt8], at start: Int
  ) -> (piece: Encoded, end: Int)? {
    let mark = UInt8(ascii: "?")
    let charsetStart = start + 2
    guard
      let charsetEnd = body[charsetStart...].prefix(charsetLimit + 1).firstIndex(of: mark),
      charsetEnd > charsetStart, charsetEnd + 2 < body.count, body[charsetEnd + 2] == mark
    else { return nil }
    let charset = body[charsetStart..<charsetEnd].prefix { $0 != UInt8(ascii: "*") }
    guard !charset.isEmpty, charset.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
    let textStart = charsetEnd + 3
    guard let textEnd = end(ofTextIn: body, from: textStart) else { return nil }
    let text = body[textStart..<textEnd]
    let decoded: [UInt8]?
    switch body[charsetEnd + 1] | 0x20 {
    case UInt8(ascii: "b"): decoded = base64(text)
    case UInt8(ascii: "q"): decoded = quoted(text)
    default: decoded = nil
    }
    guard let decoded else { return nil }
    let end = textEnd + 2
    let piece = Encoded(
      charset: String(decoding: charset, as: UTF8.self), bytes: decoded,
      source: Array(body[start..<end]))
    return (piece, end)
  }

  private static func end(ofTextIn body: [UInt8], from start: Int) -> Int? {
    let limit = min(body.count, start + textLimit)
    var position = start
    while position + 1 < limit {
      if body[position] == UInt8(ascii: "?"), body[position + 1] == UInt8(ascii: "=") {
        return position
      }
      position += 1
    }
    return nil
  }

  /// What the "Q" encoding of section 4.2 holds; nil where an escape is broken.
  private static func quoted(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var rest = text
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "_"): bytes.append(UInt8(ascii: " "))
      case UInt8(ascii: "="):
        guard let high = rest.popFirst().flatMap(Hexadecimal.value(of:)),
          let low = rest.popFirst().flatMap(Hexadecimal.value(of:))
        else { return nil }
        bytes.append(high << 4 | low)
      default: bytes.append(byte)
      }
    }
    return bytes
  }

  /// What base64 holds, with or without padding; nil where it is none.
  private static func base64(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3 + 3)
    var bits: UInt32 = 0
    var count = 0
    for byte in text {
      // Padding in the middle: somebody joined what was encoded in parts.
      if byte == UInt8(ascii: "=") || byte == UInt8(ascii: " ") {
        if count == 6 { return nil }
        if byte == UInt8(ascii: "=") { count = 0 }
        continue
      }
      guard let value = base64Value(byte) else { return nil }
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    // Six bits alone are no byte.
    return count == 6 ? nil : bytes
  }

  private static func base64Value(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
