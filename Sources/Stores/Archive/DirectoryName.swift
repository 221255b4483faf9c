import Mail

/// How one component of a mailbox name is written as a directory name, and read back.
///
/// Readable UTF-8 with percent-escapes only where a directory name can't hold a character or would
/// mean something else. The grammar stands in `formats/archive.md`.
enum DirectoryName {
  /// What a directory name stands for.
  struct Reading: Equatable {
    let text: String
    /// Whether the component goes on in a subdirectory.
    let continues: Bool
    /// Whether it is the form for file systems that don't tell the plain one from another name.
    let isSafeForm: Bool
  }

  /// The two ways to write a component.
  enum Form: CaseIterable {
    /// As it is, with few escapes.
    case plain
    /// Lower-case ASCII only, everything else escaped.
    case safe
  }

  /// The most bytes that a directory name has.
  static let limit = 255

  private static let percent = UInt8(ascii: "%")
  private static let continuation = Array("%+".utf8)
  private static let safeMark = Array("%!".utf8)
  private static let reserved = ["cur", "new", "tmp"].map { Array($0.utf8) }

  /// The directory names for a component: one, or a chain of nested ones where it is too long.
  static func encode(_ component: String, form: Form) -> [String] {
    var rest = Array(component.unicodeScalars)[...]
    var pieces: [String] = []
    while true {
      // No scalar is written with less than a byte, so more than the limit never fits.
      if rest.count <= limit {
        let last = encodePiece(rest, form)
        if last.count <= limit {
          pieces.append(String(decoding: last, as: UTF8.self))
          return pieces
        }
      }
      var count = greatestCount(rest)
      var piece = encodePiece(rest.prefix(count), form)
      while piece.count + continuation.count > limit {
        count -= 1
        piece = encodePiece(rest.prefix(count), form)
      }
      pieces.append(String(decoding: piece + continuation, as: UTF8.self))
      rest = rest.dropFirst(count)
    }
  }

  // What surely doesn't fit need not be tried: without an escape that depends on its surroundings,
  // it is too long already.
  private static func greatestCount(_ scalars: ArraySlice<Unicode.Scalar>) -> Int {
    var room = limit - continuation.count
    var count = 0
    for scalar in scalars.dropLast() {
      room -=
        isForbidden(UInt8(truncatingIfNeeded: scalar.value)) && scalar.isASCII
        ? 3 : UTF8.width(scalar)
      if room < 0 { break }
      count += 1
    }
    return max(count, 1)
  }

  /// What a directory name means; nil where it stands for no mailbox: `cur`, `new`, `tmp`, names
  /// with a leading dot, and bytes that are not UTF-8.
  static func decode(_ name: [UInt8]) -> Reading? {
    guard let first = name.first, first != UInt8(ascii: "."), !reserved.contains(name) else {
      return nil
    }
    let continues = name.count > continuation.count && name.suffix(2).elementsEqual(continuation)
    let piece = name.dropLast(continues ? continuation.count : 0)
    let safe = decodeSafe(piece)
    guard let text = safe ?? decodePlain(piece) else { return nil }
    return Reading(text: text, continues: continues, isSafeForm: safe != nil)
  }

  /// All chains of directories that stand for a component, the one that mailarc prefers first.
  static func candidates(for component: String) -> [[String]] {
    let written = Form.allCases.map { encode(component, form: $0) }
    // By hand, control characters can get into a name without an escape.
    let isReadable = decode(Array(component.utf8)) == plainReading(component)
    return isReadable && component.utf8.count <= limit && !written.contains([component])
      && component.utf8.allSatisfy({ $0 != 0x2F })
      ? written + [[component]] : written
  }

  private static func plainReading(_ text: String) -> Reading {
    Reading(text: text, continues: false, isSafeForm: false)
  }

  private static func encodePiece(_ scalars: ArraySlice<Unicode.Scalar>, _ form: Form) -> [UInt8] {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars)
    let bytes = Array(String(text).utf8)
    return form == .plain ? encodePlain(bytes) : encodeSafe(bytes)
  }

  // From the end to the front, so that whether a `%` needs its escape is decided by what a reader
  // will find behind it.
  private static func encodePlain(_ bytes: [UInt8]) -> [UInt8] {
    var written = [UInt8](repeating: 0, count: 3 * bytes.count)
    var start = written.count
    for (index, byte) in bytes.enumerated().reversed() {
      let needsEscape: Bool
      switch byte {
      case percent: needsEscape = isEscape(written[start...], atStart: index == 0)
      case UInt8(ascii: "."): needsEscape = index == 0
      default: needsEscape = isForbidden(byte) || (index == 0 && reserved.contains(bytes))
      }
      if needsEscape {
        start -= 3
        written[start] = percent
        written[start + 1] = Hexadecimal.upperDigits[Int(byte >> 4)]
        written[start + 2] = Hexadecimal.upperDigits[Int(byte & 15)]
      } else {
        start -= 1
        written[start] = byte
      }
    }
    return Array(written[start...])
  }

  private static func isForbidden(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == 0x7F || byte == UInt8(ascii: "/")
  }

  /// Whether a `%` before `rest` would be read as the beginning of an escape.
  private static func isEscape(_ rest: ArraySlice<UInt8>, atStart: Bool) -> Bool {
    if !atStart, rest.elementsEqual(continuation.dropFirst()) { return true }
    if atStart, rest.first == safeMark[1], decodeSafe([percent] + rest) != nil { return true }
    return escapedByte(rest, atStart: atStart) != nil
  }

  /// The byte that the two digits in front of `rest` stand for, if they make an escape there.
  private static func escapedByte(_ rest: ArraySlice<UInt8>, atStart: Bool) -> UInt8? {
    guard rest.count >= 2, let high = upperValue(rest[rest.startIndex]),
      let low = upperValue(rest[rest.startIndex + 1])
    else { return nil }
    let byte = high << 4 | low
    let behind = rest.dropFirst(2)
    if isForbidden(byte) { return byte }
    if byte == percent { return isEscape(behind, atStart: atStart) ? byte : nil }
    guard atStart else { return nil }
    if byte == UInt8(ascii: ".") { return byte }
    return reserved.contains([byte] + behind) ? byte : nil
  }

  private static func upperValue(_ digit: UInt8) -> UInt8? {
    (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(digit) ? nil : Hexadecimal.value(of: digit)
  }

  private static func decodePlain(_ name: ArraySlice<UInt8>) -> String? {
    var bytes: [UInt8] = []
    var rest = name
    while let byte = rest.popFirst() {
      if byte == percent, let meant = escapedByte(rest, atStart: bytes.isEmpty) {
        bytes.append(meant)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func isSafe(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "-"), UInt8(ascii: "_"): true
    default: false
    }
  }

  private static func encodeSafe(_ bytes: [UInt8]) -> [UInt8] {
    safeMark
      + bytes.flatMap { byte in
        isSafe(byte)
          ? [byte]
          : [
            percent, Hexadecimal.upperDigits[Int(byte >> 4)],
            Hexadecimal.upperDigits[Int(byte & 15)],
          ]
      }
  }

  private static func decodeSafe(_ name: ArraySlice<UInt8>) -> String? {
    guard name.starts(with: safeMark), name.count > safeMark.count,
      let text = PercentEscape.decode(name.dropFirst(safeMark.count)),
      encodeSafe(Array(text.utf8)).elementsEqual(name)
    else { return nil }
    return text
  }
}
