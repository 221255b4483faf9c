/// The tag of a command, unique within a session (RFC 9051, section 2.2.1).
package struct CommandTag: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// Counts the commands from 1.
  let number: UInt32

  init(number: UInt32) { self.number = number }

  /// Reads a tag that this session may have sent; nil for any other.
  init?(_ bytes: some Collection<UInt8>) {
    guard bytes.first == UInt8(ascii: "A"), bytes.count <= 11 else { return nil }
    let digits = bytes.dropFirst()
    guard let first = digits.first, first != UInt8(ascii: "0"), digits.allSatisfy(\.isDigit),
      let number = UInt32(exactly: digits.reduce(UInt64(0)) { $0 * 10 + UInt64($1 - 0x30) })
    else { return nil }
    self.number = number
  }

  /// Whether the command was sent earlier.
  package static func < (left: Self, right: Self) -> Bool { left.number < right.number }

  /// The tag as sent.
  package var description: String { "A\(number)" }
}
