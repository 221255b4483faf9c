import CPlatform
import Glibc

/// An open directory; everything in it is reached through its descriptor (`openat` and kin).
///
/// So a path may be deeper than PATH_MAX, and renaming a parent meanwhile leads nowhere else.
/// Symbolic links are followed only in the path given to `open(path:)`. New directories get
/// mode 0700 and new files 0600, less the umask.
package final class Directory: Sendable {
  /// Where the directory was found, for messages only.
  package let path: String
  let descriptor: FileDescriptor

  private init(path: String, descriptor: consuming FileDescriptor) {
    self.path = path
    self.descriptor = descriptor
  }

  /// The descriptor's number; valid as long as this object lives.
  package var rawDescriptor: Int32 { descriptor.rawValue }

  /// Opens the directory that the user named.
  ///
  /// - Parameter path: absolute, or relative to the current directory.
  /// - Returns: the directory, open.
  /// - Throws: `isNotFound`, also where it is no directory, and what the kernel says.
  package static func open(path: String) throws(SystemError) -> Directory {
    let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC
    // A path with NUL would be cut there and name something else.
    guard !path.utf8.contains(0) else {
      throw SystemError(errno: EINVAL, operation: "open", path: path)
    }
    let raw = try retrying("open", path) { Glibc.open(path, flags) }
    return Directory(path: path, descriptor: FileDescriptor(owning: raw))
  }

  /// Makes the directory that the user named, if there is nothing yet; its parent must exist.
  ///
  /// - Parameter path: absolute, or relative to the current directory.
  /// - Returns: the directory, open.
  /// - Throws: `isNotFound` if its parent is missing, and what the kernel says.
  package static func ensure(path: String) throws(SystemError) -> Directory {
    do {
      return try open(path: path)
    } catch  where error.errno == ENOENT {
      if mkdir(path, 0o700) != 0, Glibc.errno != EEXIST {
        throw SystemError(errno: Glibc.errno, operation: "make directory", path: path)
      }
      let made = try open(path: path)
      let parent = try retrying("open", path) {
        openat(made.rawDescriptor, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      }
      try FileDescriptor(owning: parent).flush()
      return made
    }
  }

  /// Opens a directory in this one.
  package func openSubdirectory(_ name: some FileName) throws(SystemError) -> Directory {
    let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
    let raw = try call("open", name) { openat(descriptor.rawValue, $0, flags) }
    return Directory(path: path(of: name), descriptor: FileDescriptor(owning: raw))
  }

  /// Makes a directory in this one; `isExists` if the name is taken.
  package func makeSubdirectory(_ name: some FileName) throws(SystemError) -> Directory {
    try call("make directory", name) { mkdirat(descriptor.rawValue, $0, 0o700) }
    return try openSubdirectory(name)
  }

  /// Opens a directory in this one, and makes it first if there is none.
  package func ensureSubdirectory(_ name: some FileName) throws(SystemError) -> Directory {
    do {
      return try openSubdirectory(name)
    } catch  where error.errno == ENOENT {
      do {
        let made = try makeSubdirectory(name)
        Checkpoint.pass("directory: made")
        try flush()
        return made
      } catch  where error.isExists {
        return try openSubdirectory(name)
      }
    }
  }

  /// Opens a directory below this one, and makes (and flushes) what is missing on the way.
  package func ensurePath(_ components: [String]) throws(SystemError) -> Directory {
    var current = self
    for component in components { current = try current.ensureSubdirectory(component) }
    return current
  }

  /// Opens a directory below this one.
  package func openPath(_ components: [String]) throws(SystemError) -> Directory {
    var current = self
    for component in components { current = try current.openSubdirectory(component) }
    return current
  }

  /// Size, times and identity of an entry; a symbolic link is described itself.
  package func status(of name: some FileName) throws(SystemError) -> FileStatus {
    var buffer = stat()
    try call("examine", name) { fstatat(descriptor.rawValue, $0, &buffer, AT_SYMLINK_NOFOLLOW) }
    return FileStatus(buffer)
  }

  /// Size, times and identity of the directory itself.
  package func status() throws(SystemError) -> FileStatus {
    do { return try descriptor.status() } catch { throw error.at(path) }
  }

  /// Whether there is an entry of this name, of whatever kind.
  package func contains(_ name: some FileName) throws(SystemError) -> Bool {
    do {
      _ = try status(of: name)
      return true
    } catch  where error.errno == ENOENT {
      return false
    }
  }

  /// Returns when the names in this directory are on stable storage.
  package func flush() throws(SystemError) {
    do { try descriptor.flush() } catch { throw error.at(path) }
  }

  /// Where an entry would be, for messages.
  package func path(of name: some FileName) -> String {
    path.hasSuffix("/") ? path + name.displayName : path + "/" + name.displayName
  }

  /// Runs a system call on a name, repeated while signals interrupt it.
  @discardableResult
  func call<Result: SignedInteger>(
    _ operation: String, _ name: some FileName, _ body: (UnsafePointer<CChar>) -> Result
  ) throws(SystemError) -> Result {
    try retrying(operation, path(of: name)) {
      if let result = name.withName(body) { return result }
      Glibc.errno = EINVAL
      return -1
    }
  }
}
