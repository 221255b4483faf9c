import Glibc
package import Platform

/// A new directory under the system's temporary one, removed with all it holds at the end.
package final class TemporaryDirectory: Sendable {
  /// The directory, open.
  package let directory: Directory
  private let parent: Directory
  private let name: String

  /// Makes it.
  package init() throws {
    parent = try Directory.open(path: Environment.value("TMPDIR") ?? "/tmp")
    name = "mailarc-test-" + RandomID.hex(bytes: 8)
    directory = try parent.makeSubdirectory(name)
  }

  deinit {
    try? TemporaryDirectory.empty(directory)
    try? parent.removeSubdirectory(name)
  }

  /// Its absolute path.
  package var path: String { directory.path }

  private static func empty(_ directory: Directory) throws {
    for entry in try directory.entries() {
      if entry.kind == .directory {
        try empty(directory.openSubdirectory(entry.bytes))
        try directory.removeSubdirectory(entry.bytes)
      } else {
        try directory.unlink(entry.bytes)
      }
    }
  }
}
