import Glibc

/// What a lock on a file keeps others from.
package enum RangeLock: Sendable {
  /// Writing.
  case shared
  /// Reading and writing.
  case exclusive
}

extension FileDescriptor {
  /// Takes a lock on the whole file that other programs' fcntl locks respect (an open file description
  /// lock), at once or not at all.
  ///
  /// Unlike fcntl's old kind it belongs to the open file, not to the process: other threads conflict
  /// with it, and closing another descriptor of the same file does not drop it.
  /// - Parameter kind: what to keep others from; a descriptor open for reading can't keep them from
  ///   reading.
  /// - Returns: whether it was taken; not if somebody else holds one in the way.
  /// - Throws: what the kernel says; ENOLCK or EINVAL where the file system has no locks.
  package func takeRangeLock(_ kind: RangeLock) throws(SystemError) -> Bool {
    do {
      try setRangeLock(kind == .exclusive ? F_WRLCK : F_RDLCK)
      return true
    } catch  where error.errno == EAGAIN || error.errno == EACCES {
      return false
    }
  }

  /// Gives the lock back.
  package func releaseRangeLock() {
    try? setRangeLock(F_UNLCK)
  }

  private func setRangeLock(_ type: Int32) throws(SystemError) {
    var request = Glibc.flock()
    request.l_type = Int16(type)
    request.l_whence = Int16(SEEK_SET)
    try retrying("lock", nil) { fcntl(rawValue, Self.setWithoutWaiting, &request) }
  }

  /// F_OFD_SETLK, which the module Glibc leaves out.
  private static var setWithoutWaiting: Int32 { 37 }
}
