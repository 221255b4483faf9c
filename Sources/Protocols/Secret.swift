/// Bytes that must never reach a log, a report or a state file, such as a password.
///
/// Every way of printing it says "redacted"; only `declassify()` gives the bytes.
package struct Secret: Sendable {
  private let bytes: [UInt8]

  /// Wraps the UTF-8 form of a password typed or read by the user.
  package init(_ string: String) {
    bytes = Array(string.utf8)
  }

  /// Wraps bytes that need not be UTF-8.
  package init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// The secret itself.
  ///
  /// Call it only where the bytes go on the wire.
  package func declassify() -> [UInt8] {
    bytes
  }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Always the same word, whatever the secret is.
  package var description: String { "redacted" }

  /// Always the same word, whatever the secret is.
  package var debugDescription: String { "redacted" }

  /// A mirror without children, so that `dump` shows nothing either.
  package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
