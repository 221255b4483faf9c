extension UInt8 {
  /// Whether the byte is one of `0` to `9`.
  var isDigit: Bool { self &- 0x30 < 10 }

  /// The byte, an ASCII lower-case letter made upper-case.
  var uppercased: UInt8 { self &- 0x61 < 26 ? self & 0xdf : self }

  /// Whether RFC 9051's ATOM-CHAR allows the byte in what we send.
  var isAtomCharacter: Bool {
    switch self {
    case 0...0x20, 0x7f...0xff: false
    case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "{"), UInt8(ascii: "%"),
      UInt8(ascii: "*"), UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "]"):
      false
    default: true
    }
  }
}

extension UnsafeRawBufferPointer {
  /// Whether the bytes of `range` are `word`, which is given in upper case, in any case.
  ///
  /// `range` has to lie within the buffer.
  func matches(_ range: Range<Int>, _ word: StaticString) -> Bool {
    guard range.count == word.utf8CodeUnitCount else { return false }
    let wanted = word.utf8Start
    var index = 0
    while index < range.count {
      guard self[range.lowerBound + index].uppercased == wanted[index] else { return false }
      index += 1
    }
    return true
  }

  /// The text of `range`, bytes that are not UTF-8 replaced.
  func text(_ range: Range<Int>) -> String {
    String(decoding: UnsafeRawBufferPointer(rebasing: self[range]), as: UTF8.self)
  }

  /// The text of `range` in ASCII upper case.
  func uppercasedText(_ range: Range<Int>) -> String {
    String(
      decoding: UnsafeRawBufferPointer(rebasing: self[range]).map(\.uppercased), as: UTF8.self)
  }
}
