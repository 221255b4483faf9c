/// The program's own version.
package enum Version {
  /// The version alone.
  package static let text = "0.1.0"
}
