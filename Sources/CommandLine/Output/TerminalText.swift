/// Makes text that others wrote safe to show on a terminal.
enum TerminalText {
  /// The text with every character that could act on the terminal, or mislead, as a visible escape.
  ///
  /// Escaped are C0, DEL, C1, line and paragraph separators, bidirectional controls and other
  /// invisible format characters, private and unassigned ones too. `\n`, `\t` and `\r` are written
  /// so, other octets below 128 as `\x1B`, everything else as `\u{202E}`.
  static func escape(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      if isUnsafe(scalar) {
        result += escaped(scalar)
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// The same for octets, which are UTF-8 or not; those that are not come out as `\xFF`.
  static func escape(octets: [UInt8]) -> String {
    var result = ""
    var rest = octets[...]
    while let first = rest.first {
      if let scalar = scalar(at: rest) {
        result += escape(String(scalar))
        rest = rest.dropFirst(UTF8.width(scalar))
      } else {
        result += "\\x" + hex(UInt32(first), digits: 2)
        rest = rest.dropFirst()
      }
    }
    return result
  }

  /// How many columns a text takes on a terminal.
  static func width(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { $0 + width($1) }
  }

  /// The text shortened in the middle to that many columns, with `…` in the gap.
  static func shorten(_ text: String, to columns: Int) -> String {
    guard width(text) > columns else { return text }
    guard columns > 1 else { return columns == 1 ? "…" : "" }
    let head = prefix(text, columns: columns / 2)
    let tail = prefix(String(text.reversed()), columns: columns - 1 - width(head))
    return head + "…" + String(tail.reversed())
  }

  /// The longest beginning of a text that fits into that many columns.
  static func prefix(_ text: String, columns: Int) -> String {
    var used = 0
    return String(
      text.prefix {
        used += width(String($0))
        return used <= columns
      })
  }

  /// The text with blanks after it, so that it takes that many columns.
  static func pad(_ text: String, to columns: Int) -> String {
    text + String(repeating: " ", count: max(0, columns - width(text)))
  }

  private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7F }
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
      return true
    case .format:
      // Joiners belong to how some scripts and emoji are written, and move nothing.
      return scalar != "\u{200C}" && scalar != "\u{200D}"
    default:
      return false
    }
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": "\\n"
    case "\r": "\\r"
    case "\t": "\\t"
    default:
      scalar.isASCII
        ? "\\x" + hex(scalar.value, digits: 2) : "\\u{" + hex(scalar.value, digits: 4) + "}"
    }
  }

  static func hex(_ value: UInt32, digits: Int) -> String {
    let text = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
  }

  private static func scalar(at octets: ArraySlice<UInt8>) -> Unicode.Scalar? {
    var iterator = octets.prefix(4).makeIterator()
    var decoder = UTF8()
    guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return nil }
    return scalar
  }

  private static func width(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0..<0x300: 1
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
      0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF,
      0x20000...0x3FFFD:
      2
    default:
      switch scalar.properties.generalCategory {
      case .nonspacingMark, .enclosingMark, .format: 0
      default: 1
      }
    }
  }
}
