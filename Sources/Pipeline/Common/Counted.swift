/// Numbers and names of messages in sentences.
package enum Counted {
  /// "1 message", "2 messages".
  static func messages(_ count: Int) -> String {
    count == 1 ? "1 message" : "\(count) messages"
  }

  /// One of two forms of a word that goes with the number.
  static func word(_ count: Int, _ one: String, _ many: String) -> String {
    count == 1 ? one : many
  }

  /// `999 B`, `1.5 kB`, `23.4 MB`: powers of 1,000.
  package static func bytes(_ value: Int64) -> String {
    guard value >= 1000 else { return "\(value) B" }
    var tenths = value / 100
    for unit in ["kB", "MB", "GB", "TB"] {
      if tenths < 10_000 || unit == "TB" { return "\(tenths / 10).\(tenths % 10) \(unit)" }
      tenths /= 1000
    }
    return "\(value) B"
  }

  /// The same; what is beyond all mail there is comes out as large as it can.
  package static func bytes(_ value: UInt64) -> String { bytes(Int64(clamping: value)) }

  private static let mostNames = 20

  /// "a", "a, b", or the first twenty and how many there are more.
  static func list(_ names: [String]) -> String {
    let told = names.prefix(mostNames).joined(separator: ", ")
    let rest = names.count - mostNames
    return rest > 0 ? "\(told) and \(rest) more" : told
  }
}
