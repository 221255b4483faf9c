import Protocols

/// What makes a password of a line that was read.
enum PasswordLine {
  /// The longest password that is taken, in octets.
  static let limit = 4096

  /// The first line of what was read, without its line end.
  ///
  /// - Parameter octets: what was read; everything, or at least two octets more than `limit`.
  /// - Returns: nil if it is empty, too long, or holds a NUL, which no protocol can carry.
  static func secret(in octets: [UInt8]) -> Secret? {
    var line = octets.prefix { $0 != UInt8(ascii: "\n") }
    if line.count < octets.count, line.last == UInt8(ascii: "\r") { line.removeLast() }
    guard !line.isEmpty, line.count <= limit, !line.contains(0) else { return nil }
    return Secret(bytes: Array(line))
  }
}
