import Mail

/// What `X-Gmail-Labels`, which Google Takeout puts at the top of a message, says of it.
///
/// Labels are separated by commas and quoted where they hold one; the body may consist of encoded
/// words (RFC 2047) in UTF-8. Takeout translates the names of Gmail's own labels into the user's
/// language: only the English ones are known as flags, all others are keywords.
enum GmailLabels {
  /// The flags and keywords of a field's body.
  static func flags(_ body: [UInt8]) -> Flags {
    var flags = Flags(.seen)
    for label in labels(String(decoding: decoded(body), as: UTF8.self)) {
      switch label {
      case "Unread": flags.system.remove(.seen)
      case "Opened": break
      case "Starred": flags.system.insert(.flagged)
      case "Drafts", "Draft": flags.system.insert(.draft)
      default: flags.keywords.insert(Keyword(label))
      }
    }
    return flags
  }

  private static func labels(_ text: String) -> [String] {
    var labels: [String] = []
    var label = ""
    var isQuoted = false
    for character in text.unicodeScalars {
      if character == "\"" {
        isQuoted.toggle()
      } else if character == ",", !isQuoted {
        labels.append(label)
        label = ""
      } else if character != "\r", character != "\n" {
        label.unicodeScalars.append(character)
      }
    }
    labels.append(label)
    return labels.map(trimmed).filter { !$0.isEmpty }
  }

  private static func trimmed(_ text: String) -> String {
    let isSpace = { (character: Character) in character == " " || character == "\t" }
    let start = text.drop(while: isSpace)
    return String(
      start.prefix(
        (start.lastIndex { !isSpace($0) }).map {
          start.distance(from: start.startIndex, to: $0) + 1
        } ?? 0))
  }

  // White space between encoded words is no part of the text (RFC 2047, section 6.2), and a
  // character may be split between two of them.
  private static func decoded(_ body: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    var rest = body[...]
    var gap: ArraySlice<UInt8> = []
    var followsWord = false
    while let first = rest.first {
      if isSpace(first) {
        gap = rest.prefix(while: isSpace)
        rest = rest.dropFirst(gap.count)
      } else if let (text, count) = encodedWord(rest) {
        if !followsWord { output += gap }
        gap = []
        output += text
        rest = rest.dropFirst(count)
        followsWord = true
      } else {
        output += gap
        gap = []
        output.append(first)
        rest = rest.dropFirst()
        followsWord = false
      }
    }
    return output.filter { $0 != .lineFeed && $0 != .carriageReturn }
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == .lineFeed
      || byte == .carriageReturn
  }

  private static func encodedWord(_ text: ArraySlice<UInt8>) -> ([UInt8], Int)? {
    let mark = Array("=?utf-8?".utf8)
    guard text.count > mark.count + 4,
      zip(text, mark).allSatisfy({ $0 == $1 || ($0 | 0x20 == $1 && $0 >= 0x41) })
    else { return nil }
    let start = text.startIndex + mark.count
    guard text[start + 1] == UInt8(ascii: "?") else { return nil }
    var end = start + 2
    while end + 1 < text.endIndex, text[end] != UInt8(ascii: "?") { end += 1 }
    guard end + 1 < text.endIndex, text[end + 1] == UInt8(ascii: "=") else { return nil }
    let payload = text[(start + 2)..<end]
    let decoded =
      switch text[start] | 0x20 {
      case UInt8(ascii: "q"): quotedPrintable(payload)
      case UInt8(ascii: "b"): base64(payload)
      default: [UInt8]?.none
      }
    return decoded.map { ($0, end + 2 - text.startIndex) }
  }

  private static func quotedPrintable(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var output: [UInt8] = []
    var rest = text
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "=") {
        guard let high = rest.popFirst().flatMap(Hexadecimal.value(of:)),
          let low = rest.popFirst().flatMap(Hexadecimal.value(of:))
        else { return nil }
        output.append(high << 4 | low)
      } else {
        output.append(byte == UInt8(ascii: "_") ? UInt8(ascii: " ") : byte)
      }
    }
    return output
  }

  private static func base64(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var output: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for byte in text where byte != UInt8(ascii: "=") {
      let value: UInt8
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - UInt8(ascii: "A")
      case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - UInt8(ascii: "a") + 26
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte - UInt8(ascii: "0") + 52
      case UInt8(ascii: "+"): value = 62
      case UInt8(ascii: "/"): value = 63
      default: return nil
      }
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 8 {
        count -= 8
        output.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return output
  }
}
