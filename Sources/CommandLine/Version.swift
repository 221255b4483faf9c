/// The program's own version.
enum Version {
  /// The version alone.
  static let text = "0.1.0"
}
