import Glibc

/// A lock on a whole file that other programs' fcntl locks respect (an open file description lock),
/// held as long as the value lives.
///
/// Unlike fcntl's old kind it belongs to the open file, not to the process: other threads conflict
/// with it, and closing another descriptor of the same file does not drop it.
package struct RangeLock: ~Copyable, Sendable {
  private let descriptor: Int32

  /// What a lock keeps others from.
  package enum Kind: Sendable {
    /// Writing.
    case shared
    /// Reading and writing.
    case exclusive
  }

  /// Takes the lock at once or not at all.
  ///
  /// - Parameters:
  ///   - file: a file that outlives the lock; open for writing if the lock is exclusive.
  ///   - kind: what to keep others from.
  /// - Returns: nil if somebody else holds a lock in the way.
  /// - Throws: what the kernel says; ENOLCK where the file system has no locks.
  package static func take(
    _ file: borrowing FileDescriptor, _ kind: Kind
  ) throws(SystemError) -> RangeLock? {
    var request = Glibc.flock()
    request.l_type = Int16(kind == .exclusive ? F_WRLCK : F_RDLCK)
    request.l_whence = Int16(SEEK_SET)
    let descriptor = file.rawValue
    while fcntl(descriptor, setWithoutWaiting, &request) != 0 {
      switch Glibc.errno {
      case EINTR: continue
      case EAGAIN, EACCES: return nil
      default: throw SystemError(errno: Glibc.errno, operation: "lock", path: nil)
      }
    }
    return RangeLock(descriptor: descriptor)
  }

  private init(descriptor: Int32) { self.descriptor = descriptor }

  deinit {
    var request = Glibc.flock()
    request.l_type = Int16(F_UNLCK)
    request.l_whence = Int16(SEEK_SET)
    _ = fcntl(descriptor, Self.setWithoutWaiting, &request)
  }

  /// F_OFD_SETLK, which the module Glibc leaves out.
  private static let setWithoutWaiting: Int32 = 37
}
