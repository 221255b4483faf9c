/// Numbers and names of messages in sentences.
enum Counted {
  /// "1 message", "2 messages".
  static func messages(_ count: Int) -> String {
    count == 1 ? "1 message" : "\(count) messages"
  }

  /// One of two forms of a word that goes with the number.
  static func word(_ count: Int, _ one: String, _ many: String) -> String {
    count == 1 ? one : many
  }

  private static let mostNames = 20

  /// "a", "a, b", or the first twenty and how many there are more.
  static func list(_ names: [String]) -> String {
    let told = names.prefix(mostNames).joined(separator: ", ")
    let rest = names.count - mostNames
    return rest > 0 ? "\(told) and \(rest) more" : told
  }
}
