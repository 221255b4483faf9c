/// A pause that is long enough to be told.
package struct ServerWait: Sendable, Equatable {
  /// How long it is.
  package let seconds: Double
  /// Why there is one: one line, lower case; may hold the server's words.
  package let reason: String

  package init(seconds: Double, reason: String) {
    self.seconds = seconds
    self.reason = reason
  }

  /// Shorter pauses concern nobody.
  static let leastSeconds = 5.0
}
