import Glibc

/// Paths as the kernel sees them.
package enum CanonicalPath {
  /// The absolute path of something that exists, without symbolic links.
  ///
  /// - Throws: `isNotFound` if there is nothing, and what the kernel says.
  package static func of(_ path: String) throws(SystemError) -> String {
    guard !path.utf8.contains(0), let found = realpath(path, nil) else {
      throw SystemError(
        errno: path.utf8.contains(0) ? EINVAL : errno, operation: "find", path: path)
    }
    defer { free(found) }
    return String(cString: found)
  }
}
