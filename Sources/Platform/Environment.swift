import Glibc

/// The process's environment variables.
package enum Environment {
  /// All variables as `NAME=value`, but for those of these names.
  package static func all(without names: Set<String>) -> [String] {
    var result: [String] = []
    var entry = environ
    while let text = entry.pointee {
      let variable = String(cString: text)
      if !names.contains(String(variable.prefix { $0 != "=" })) { result.append(variable) }
      entry += 1
    }
    return result
  }

  /// A variable's value, or nil if it is not set or not valid UTF-8.
  package static func value(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    return String(validatingCString: value)
  }
}
