/// The first mailbox of an address list such as a From field (RFC 5322, section 3.4), read leniently.
///
/// Encoded words stay encoded: a comma or a quote within one separates nothing.
package struct FirstAddress: Equatable, Sendable {
  /// The name, without quotes; where there is none, a comment, and for an empty group its name.
  package private(set) var name: [UInt8] = []
  /// What stands between angle brackets, or alone.
  package private(set) var address: [UInt8] = []

  /// Reads an unfolded field body.
  package init(_ body: [UInt8]) {
    var words: [UInt8] = []
    var comment: [UInt8] = []
    var group: [UInt8] = []
    var angle: [UInt8]?
    var rest = body[...]
    loop: while let byte = rest.first {
      switch byte {
      case UInt8(ascii: "\""):
        words += Self.takeQuoted(&rest)
      case UInt8(ascii: "("):
        let text = Self.takeComment(&rest)
        if comment.isEmpty { comment = text }
      case UInt8(ascii: "<"):
        let end = rest.firstIndex(of: UInt8(ascii: ">")) ?? rest.endIndex
        angle = Array(rest[(rest.startIndex + 1)..<end])
        break loop
      case UInt8(ascii: ","), UInt8(ascii: ";"):
        // An empty place in the list is passed over.
        if !Self.trimmed(words).isEmpty { break loop }
        words = []
        rest = rest.dropFirst()
      case UInt8(ascii: ":"):
        // The name of a group is not that of its members.
        group = words
        words = []
        rest = rest.dropFirst()
      default:
        let count = Self.lengthOfEncodedWord(rest) ?? 1
        words += rest.prefix(count)
        rest = rest.dropFirst(count)
      }
    }
    if let angle {
      name = Self.trimmed(words)
      address = Self.trimmed(angle)
    } else {
      address = Self.trimmed(words)
    }
    if name.isEmpty { name = Self.trimmed(comment) }
    if name.isEmpty, address.isEmpty { name = Self.trimmed(group) }
  }

  private static func takeQuoted(_ rest: inout ArraySlice<UInt8>) -> [UInt8] {
    rest = rest.dropFirst()
    var text: [UInt8] = []
    while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
      text.append(byte == UInt8(ascii: "\\") ? rest.popFirst() ?? byte : byte)
    }
    return text
  }

  private static func takeComment(_ rest: inout ArraySlice<UInt8>) -> [UInt8] {
    var depth = 0
    var text: [UInt8] = []
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "("):
        depth += 1
        if depth > 1 { text.append(byte) }
      case UInt8(ascii: ")"):
        depth -= 1
        if depth == 0 { return text }
        text.append(byte)
      case UInt8(ascii: "\\"): text.append(rest.popFirst() ?? byte)
      default: text.append(byte)
      }
    }
    return text
  }

  /// How long the encoded word is that begins here; nil if none does.
  private static func lengthOfEncodedWord(_ rest: ArraySlice<UInt8>) -> Int? {
    let mark = UInt8(ascii: "?")
    guard rest.count > 2, rest.first == UInt8(ascii: "="), rest[rest.startIndex + 1] == mark else {
      return nil
    }
    var marks = 0
    // RFC 2047 allows 75 bytes; a few programs write more.
    for (offset, byte) in rest.prefix(1024).enumerated() {
      if byte == mark { marks += 1 }
      if byte == UInt8(ascii: "="), marks >= 4, rest[rest.startIndex + offset - 1] == mark {
        return offset + 1
      }
    }
    return nil
  }

  private static func trimmed(_ text: [UInt8]) -> [UInt8] {
    let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    let start = text.firstIndex { !isSpace($0) } ?? text.endIndex
    let end = text.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? start
    return Array(text[start..<end])
  }
}
