/// The header of a message, read leniently: what is no field is passed over (RFC 5322, section 2.2).
package struct HeaderFields: Sendable {
  /// The fields in their order, names lower-cased, bodies unfolded with white space runs made one
  /// space and trimmed.
  package let fields: [(name: String, body: [UInt8])]

  /// The names by which a server is asked for the fields of a header key.
  package static let keyNames = ["MESSAGE-ID", "DATE", "FROM", "SUBJECT"]

  /// Reads up to the first empty line, with lines that end in LF or CRLF.
  package init(_ bytes: some BidirectionalCollection<UInt8>) {
    var fields: [(name: String, body: [UInt8])] = []
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line[...]
      guard let first = line.first else { break }
      if Self.isSpace(first) {
        if !fields.isEmpty { Self.append(line, to: &fields[fields.count - 1].body) }
        continue
      }
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
      var name = line[..<colon]
      while let last = name.last, Self.isSpace(last) { name = name.dropLast() }
      var body: [UInt8] = []
      Self.append(line[line.index(after: colon)...], to: &body)
      fields.append((String(decoding: name, as: UTF8.self).lowercased(), body))
    }
    self.fields = fields
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }

  private static func append(_ text: some Collection<UInt8>, to body: inout [UInt8]) {
    var gap = !body.isEmpty
    for byte in text {
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
    for name in Self.keyNames.map({ $0.lowercased() }) {
      for body in bodies(of: name) {
        input += Array(name.utf8) + [UInt8(ascii: ":")] + body + [UInt8(ascii: "\n")]
      }
    }
    return input
  }

  package var hasMessageID: Bool { bodies(of: "message-id").contains { !$0.isEmpty } }
}
