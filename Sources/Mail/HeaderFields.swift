/// The header of a message, read leniently: what is no field is passed over (RFC 5322, section 2.2).
package struct HeaderFields: Sendable {
  /// The fields in their order, names lower-cased, bodies unfolded with white space runs made one
  /// space and trimmed.
  package let fields: [(name: String, body: [UInt8])]

  /// The names by which a server is asked for the fields of a header key.
  package static let keyNames = ["MESSAGE-ID", "DATE", "FROM", "SUBJECT"]
  private static let lowerKeyNames = keyNames.map { Array($0.lowercased().utf8) }

  /// Reads all fields up to the first empty line, with lines that end in LF or CRLF.
  package init(_ bytes: [UInt8]) { self.init(bytes, only: nil) }

  /// Reads the fields of a header key only, which is much cheaper.
  package init(keyOf bytes: [UInt8]) { self.init(bytes, only: Self.lowerKeyNames) }

  // Not generic, and with as little made on the way as can be: this runs for each message of a pull.
  private init(_ bytes: [UInt8], only wanted: [[UInt8]]?) {
    var fields: [(name: String, body: [UInt8])] = []
    bytes.withUnsafeBytes { buffer in
      var start = 0
      var isOpen = false
      while start < buffer.count {
        let end = LineEnds.lineFeed(in: buffer, from: start) ?? buffer.count
        var stop = end
        if stop > start, buffer[stop - 1] == .carriageReturn { stop -= 1 }
        if stop == start { break }
        if Self.isSpace(buffer[start]) {
          if isOpen { Self.append(buffer, start..<stop, to: &fields[fields.count - 1].body) }
        } else if let colon = Self.colon(in: buffer, start..<stop) {
          var nameEnd = colon
          while nameEnd > start, Self.isSpace(buffer[nameEnd - 1]) { nameEnd -= 1 }
          isOpen = wanted?.contains { Self.isName($0, buffer, start..<nameEnd) } ?? true
          if isOpen {
            var body: [UInt8] = []
            Self.append(buffer, (colon + 1)..<stop, to: &body)
            let name = String(decoding: buffer[start..<nameEnd], as: UTF8.self).lowercased()
            fields.append((name, body))
          }
        }
        start = end + 1
      }
    }
    self.fields = fields
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }

  private static func colon(in bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
    for position in range where bytes[position] == UInt8(ascii: ":") { return position }
    return nil
  }

  private static func isName(
    _ name: [UInt8], _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>
  ) -> Bool {
    guard name.count == range.count else { return false }
    for (offset, letter) in name.enumerated() {
      let byte = bytes[range.lowerBound + offset]
      let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
      guard (isUpper ? byte | 0x20 : byte) == letter else { return false }
    }
    return true
  }

  private static func append(
    _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, to body: inout [UInt8]
  ) {
    var gap = !body.isEmpty
    for position in range {
      let byte = bytes[position]
      if isSpace(byte) {
        gap = !body.isEmpty
      } else {
        if gap { body.append(UInt8(ascii: " ")) }
        gap = false
        body.append(byte)
      }
    }
  }

  /// The bodies of all fields of that name (lower case), in order.
  package func bodies(of name: String) -> [[UInt8]] {
    fields.filter { $0.name == name }.map(\.body)
  }

  /// What is hashed for a header key: the fields of `keyNames` in that order, a line each.
  package var keyInput: [UInt8] {
    var input: [UInt8] = []
    for name in Self.lowerKeyNames {
      for field in fields where field.name.utf8.elementsEqual(name) {
        input += name
        input.append(UInt8(ascii: ":"))
        input += field.body
        input.append(.lineFeed)
      }
    }
    return input
  }

  /// Whether there is a Message-ID that is not empty.
  package var hasMessageID: Bool { bodies(of: "message-id").contains { !$0.isEmpty } }
}
