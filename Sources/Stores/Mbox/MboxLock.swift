import Glibc
import Platform

/// The locks under which mailarc writes to an mbox: `FILE.lock`, as mail programs of all ages know it,
/// and then fcntl's.
final class MboxLock {
  /// How many milliseconds to wait for other programs, which mostly need it for moments.
  ///
  /// The environment variable MAILARC_LOCK_SECONDS sets it.
  static let patience: Int = {
    let seconds = Environment.value("MAILARC_LOCK_SECONDS").flatMap { Double($0) } ?? 30
    return Int(min(max(seconds, 0), 3600) * 1000)
  }()

  /// The mbox, open for reading and writing.
  let file: FileDescriptor
  private let dotLock: DotLock
  private var isHeld = true

  /// Takes both locks.
  ///
  /// - Parameters:
  ///   - directory: where the mbox is.
  ///   - name: its file, which must exist.
  ///   - milliseconds: how long to wait.
  /// - Throws: `mailboxLocked`, `notFound`, `system`.
  init(
    _ directory: Directory, _ name: String, patience milliseconds: Int
  ) throws(StoreError) {
    let path = directory.path(of: name)
    var waited = 0
    while true {
      if let lock = try DotLock.take(in: directory, name + ".lock") {
        dotLock = lock
        break
      }
      try Self.wait(&waited, milliseconds, path, lock: path + ".lock")
    }
    file = try Self.open(directory, name, path, &waited, milliseconds)
  }

  deinit { release() }

  private static func open(
    _ directory: Directory, _ name: String, _ path: String, _ waited: inout Int,
    _ milliseconds: Int
  ) throws(StoreError) -> FileDescriptor {
    while true {
      guard let file = try storedIfPresent(try directory.openForUpdate(name)) else {
        throw .notFound(path)
      }
      if try take(file, .exclusive) == true {
        // Editors replace the file: the lock must be on the one that has the name now.
        if let now = try storedIfPresent(try directory.status(of: name)),
          now.inode == (try stored(try file.status())).inode
        {
          return file
        }
        continue
      }
      try wait(&waited, milliseconds, path, lock: path)
    }
  }

  /// Takes fcntl's lock; also true where the file system has none, so that the dot lock must do.
  static func take(
    _ file: borrowing FileDescriptor, _ kind: RangeLock
  ) throws(StoreError) -> Bool {
    do {
      return try file.takeRangeLock(kind)
    } catch {
      if [ENOLCK, EINVAL, EOPNOTSUPP, ENOSYS].contains(error.errno) { return true }
      throw .system(error)
    }
  }

  private static func wait(
    _ waited: inout Int, _ limit: Int, _ path: String, lock: String
  ) throws(StoreError) {
    guard waited < limit else { throw .mailboxLocked(path, by: lock) }
    let time = min(10 + waited / 4, 200)
    pause(milliseconds: UInt32(time))
    waited += time
  }

  /// Gives both locks back; a second call does nothing.
  func release() {
    guard isHeld else { return }
    isHeld = false
    file.releaseRangeLock()
    dotLock.release()
  }
}
