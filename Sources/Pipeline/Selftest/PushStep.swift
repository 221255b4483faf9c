/// A point that a push passed (`Checkpoint`).
struct PushStep: Sendable, Equatable {
  /// When, on a clock that never goes back.
  let nanoseconds: Int64
  let name: String

  /// The point before the first octet of each APPEND.
  static let firstOfSending = "push: before an APPEND"

  /// Whether messages are on their way there.
  var isAboutSending: Bool { name.hasPrefix("push: ") }

  init(nanoseconds: Int64, name: String) {
    self.nanoseconds = nanoseconds
    self.name = name
  }

  /// Reads a line of the list that a push makes; nil for what is none.
  init?(line: Substring) {
    let parts = line.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, let nanoseconds = Int64(parts[0]) else { return nil }
    self.init(nanoseconds: nanoseconds, name: String(parts[1]))
  }
}
