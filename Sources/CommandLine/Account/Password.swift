/// A password that does not show itself when it is printed.
package struct Password: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
  /// The password as it is sent: not empty, no line end, no NUL, at most `limit` octets.
  package let octets: [UInt8]

  /// The longest password that is taken, in octets.
  package static let limit = 4096

  /// Takes the first line of what was read; nil if it is no password.
  package init?(firstLineOf read: [UInt8]) {
    var line = read.prefix { $0 != UInt8(ascii: "\n") }
    if line.count < read.count, line.last == UInt8(ascii: "\r") { line.removeLast() }
    guard !line.isEmpty, line.count <= Self.limit, !line.contains(0) else { return nil }
    octets = Array(line)
  }

  package var description: String { "(password)" }

  package var customMirror: Mirror { Mirror(self, children: [:]) }
}
