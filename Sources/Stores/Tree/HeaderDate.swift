package import Mail

/// When a message came, as its header tells.
package enum HeaderDate {
  /// The field that told it.
  package enum Field: Sendable {
    case received, date
  }

  /// The date behind the last semicolon of the topmost Received field, else that of the Date field;
  /// nil if neither can be read (RFC 5322, sections 3.6.1 and 3.6.7).
  package static func find(in header: [UInt8]) -> (date: InternalDate, field: Field)? {
    let fields = HeaderFields(header)
    if let received = fields.bodies(of: "received").first,
      let semicolon = received.lastIndex(of: UInt8(ascii: ";")),
      let date = date(in: received[(semicolon + 1)...])
    {
      return (date, .received)
    }
    return fields.bodies(of: "date").lazy.compactMap { date(in: $0[...]) }.first.map { ($0, .date) }
  }

  private static func date(in text: ArraySlice<UInt8>) -> InternalDate? {
    let words = text.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    guard let date = MboxDate(words, from: 0), date.hasTime else { return nil }
    return InternalDate(epochSeconds: date.epochSeconds)
  }
}
