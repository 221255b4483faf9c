import Mail

/// What a line of a header is, as writer and reader of our mbox files both see it: by its bytes in the
/// file, after quoting (`formats/mbox.md`).
enum MboxLine {
  /// Nothing, or a CR: the header's end.
  case empty
  /// A field, with the length of its name and the offset of its colon.
  case field(nameLength: Int, colon: Int)
  /// It begins with a space or a tab; as the first line of a header it is like `other`.
  case continuation
  /// Anything else.
  case other

  /// Only so many bytes of a line are looked at: a longer name makes no field.
  static let limit = 1000

  /// Tells what a line is by its first `limit` bytes or more, with the LF if it is among them.
  init(_ line: UnsafeRawBufferPointer) {
    guard let first = line.first else {
      self = .empty
      return
    }
    if first == .lineFeed || (first == .carriageReturn && line.count == 2 && line[1] == .lineFeed) {
      self = .empty
    } else if Self.isSpace(first) {
      self = .continuation
    } else {
      let end = min(line.count, Self.limit)
      var position = 0
      while position < end, (0x21...0x7E).contains(line[position]),
        line[position] != UInt8(ascii: ":")
      {
        position += 1
      }
      let nameLength = position
      while position < end, Self.isSpace(line[position]) { position += 1 }
      let isField = nameLength > 0 && position < end && line[position] == UInt8(ascii: ":")
      self = isField ? .field(nameLength: nameLength, colon: position) : .other
    }
  }

  static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }
}
