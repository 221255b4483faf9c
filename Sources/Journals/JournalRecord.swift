import Mail
import Platform

/// One line of a journal: a kind and its fields, guarded by a checksum (`formats/journal.md`).
package struct JournalRecord: Equatable, Sendable {
  /// What is recorded; the kinds are those of `formats/journal.md`.
  package let kind: String
  /// The fields, unescaped, in the order of the line.
  package let fields: [String]

  package init(_ kind: String, _ fields: [String]) {
    self.kind = kind
    self.fields = fields
  }

  /// The line: CRC-32 of what follows the space after it, kind and fields, LF.
  package var line: [UInt8] {
    let text = text
    return Self.checksum(text) + [UInt8(ascii: " ")] + text + [.lineFeed]
  }

  /// Kind and fields, each field escaped, with a space between.
  var text: [UInt8] {
    var text = Array(kind.utf8)
    for field in fields {
      text.append(UInt8(ascii: " "))
      // A field is never empty in the file, so that a lost one can't hide.
      let escaped = field.isEmpty ? "-" : field == "-" ? "%2D" : Self.escape(field)
      text.append(contentsOf: escaped.utf8)
    }
    return text
  }

  /// Reads a line without its LF; nil where the checksum or an escape is wrong.
  package init?(line: some RandomAccessCollection<UInt8>) {
    guard line.count > 9 else { return nil }
    let text = Array(line.dropFirst(9))
    guard line.prefix(9).elementsEqual(Self.checksum(text) + [UInt8(ascii: " ")]) else {
      return nil
    }
    self.init(text: text)
  }

  /// Reads what `text` wrote; nil where an escape is wrong.
  init?(text: some RandomAccessCollection<UInt8>) {
    var parts: [String] = []
    for part in text.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false) {
      guard let field = PercentEscape.decode(part) else { return nil }
      parts.append(part.elementsEqual("-".utf8) ? "" : field)
    }
    guard let kind = parts.first else { return nil }
    self.kind = kind
    fields = Array(parts.dropFirst())
  }

  private static func escape(_ field: String) -> String {
    PercentEscape.encode(field) { $0 <= 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "%") }
  }

  private static func checksum(_ text: [UInt8]) -> [UInt8] {
    let value = CRC32.checksum(text.span)
    return (0..<8).map { Hexadecimal.lowerDigits[Int(value >> (28 - 4 * UInt32($0)) & 15)] }
  }
}
