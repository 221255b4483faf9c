import Glibc

/// The process's environment variables.
package enum Environment {
  /// A variable's value, or nil if it is not set or not valid UTF-8.
  package static func value(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    return String(validatingCString: value)
  }
}
