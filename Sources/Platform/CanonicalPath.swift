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

  /// The same of something that may not be there yet, in a directory that is.
  ///
  /// - Throws: `isNotFound` also where nothing can have that name.
  package static func ofPlace(_ path: String) throws(SystemError) -> String {
    do {
      return try of(path)
    } catch  where error.isNotFound {
      var parts = path.split(separator: "/").map { String($0) }
      guard let name = parts.popLast(), name != "..", name != "." else { throw error }
      let parent = (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
      return try of(parent.isEmpty ? "." : parent) + "/" + name
    }
  }

  /// Whether a path leads into a directory, or to it; both without symbolic links.
  package static func leads(_ path: String, into directory: String) -> Bool {
    path.split(separator: "/").starts(with: directory.split(separator: "/"))
  }
}
