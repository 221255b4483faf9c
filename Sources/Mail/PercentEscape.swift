/// Percent-escapes (`%2F`), as state files and account URLs use them.
package enum PercentEscape {
  /// Writes each byte of `text` for which `needsEscape` holds as `%` and two upper-case hex digits.
  package static func encode(_ text: String, escaping needsEscape: (UInt8) -> Bool) -> String {
    guard text.utf8.contains(where: needsEscape) else { return text }
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      guard needsEscape(byte) else {
        bytes.append(byte)
        continue
      }
      bytes.append(UInt8(ascii: "%"))
      bytes.append(Hexadecimal.upperDigits[Int(byte >> 4)])
      bytes.append(Hexadecimal.upperDigits[Int(byte & 15)])
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Undoes `encode`; nil where an escape is broken or the result is not UTF-8.
  package static func decode(_ text: some Sequence<UInt8>) -> String? {
    bytes(of: text).flatMap { String(validating: $0, as: UTF8.self) }
  }

  /// The bytes that escaped text stands for; nil where an escape is broken.
  package static func bytes(of text: some Sequence<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    var rest = text.makeIterator()
    while let byte = rest.next() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.next().flatMap(Hexadecimal.value(of:)),
        let low = rest.next().flatMap(Hexadecimal.value(of:))
      else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }
}

/// Hexadecimal digits of bytes.
package enum Hexadecimal {
  /// The sixteen digits in upper case, by value.
  package static let upperDigits = Array("0123456789ABCDEF".utf8)
  /// The sixteen digits in lower case, by value.
  package static let lowerDigits = Array("0123456789abcdef".utf8)

  /// The value of one digit of either case; nil for any other byte.
  package static func value(of digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  /// Lower-case digits, two for each byte.
  package static func encode(_ bytes: some Sequence<UInt8>) -> String {
    var digits: [UInt8] = []
    for byte in bytes {
      digits.append(lowerDigits[Int(byte >> 4)])
      digits.append(lowerDigits[Int(byte & 15)])
    }
    return String(decoding: digits, as: UTF8.self)
  }

  /// The bytes that pairs of digits stand for; nil where the text is not such pairs.
  package static func decode(_ text: some StringProtocol) -> [UInt8]? {
    var bytes: [UInt8] = []
    var digits = text.utf8.makeIterator()
    while let first = digits.next() {
      guard let high = value(of: first), let low = digits.next().flatMap(value(of:)) else {
        return nil
      }
      bytes.append(high << 4 | low)
    }
    return bytes
  }
}
