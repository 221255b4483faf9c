import Glibc
package import Platform

/// A new directory, removed with everything in it when the object goes away.
package final class TemporaryDirectory: Sendable {
  /// The absolute path, without a trailing slash.
  package let path: String
  /// The directory, open.
  package let directory: Directory

  /// Creates the directory below `TMPDIR`, or below `/tmp` where `TMPDIR` is unset or so long that
  /// a Unix socket inside would not fit into its 108 bytes.
  ///
  /// Its mode is 0755, so that a server's unprivileged processes get in.
  package convenience init() throws {
    try self.init(below: getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp")
  }

  /// Creates the directory below one in memory where there is one, for tests that write much and
  /// don't care for a disk.
  package convenience init(inMemory: Bool) throws {
    try self.init(below: inMemory && access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp")
  }

  private init(below wanted: String) throws {
    let parent = wanted.hasPrefix("/") && wanted.utf8.count <= 50 ? wanted : "/tmp"
    var template = Array("\(parent)/mailarc-test.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw TestSystemError("mkdtemp", parent) }
    path = template.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map { String(cString: $0) } ?? parent
    }
    chmod(path, 0o755)
    directory = try Directory.open(path: path)
  }

  /// The path of `name` inside the directory.
  package func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Removes the directory now; what is gone already is no error.
  package func remove() {
    // A server's last process may still write while the tree is walked, hence more than one try.
    for _ in 0..<20 where access(path, F_OK) == 0 {
      _ = try? ChildProcess("/bin/rm", ["-rf", "--", path]).wait()
    }
  }

  deinit { remove() }
}
