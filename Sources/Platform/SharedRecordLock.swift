import Glibc

extension FileDescriptor {
  // F_OFD_SETLK, which Glibc shows only to those who define _GNU_SOURCE.
  private static let setOpenFileLock: Int32 = 37

  /// Takes a shared lock (fcntl) on the whole file without waiting, which keeps programs that lock it
  /// exclusively from writing.
  ///
  /// The lock belongs to the open file, not to the process, and goes when it is closed.
  /// - Returns: false if another program has the file locked, or the file system knows no locks.
  package func lockShared() -> Bool { setRecordLock(Int16(F_RDLCK)) }

  /// Gives the lock back.
  package func unlockShared() { _ = setRecordLock(Int16(F_UNLCK)) }

  private func setRecordLock(_ kind: Int16) -> Bool {
    var lock = Glibc.flock()
    lock.l_type = kind
    lock.l_whence = Int16(SEEK_SET)
    return fcntl(rawValue, Self.setOpenFileLock, &lock) == 0
  }
}
