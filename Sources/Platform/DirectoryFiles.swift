import CPlatform
import Glibc

extension Directory {
  /// Creates a file for writing, mode 0600.
  ///
  /// - Parameters:
  ///   - name: the new file's name.
  ///   - exclusive: true fails with `isExists` if the name is taken; false empties a file that
  ///     is there.
  /// - Returns: the new file, open for reading and writing.
  /// - Throws: `isNoSpace`, `isDenied` and whatever else the kernel says.
  package func createFile(
    _ name: some FileName, exclusive: Bool
  ) throws(SystemError) -> FileDescriptor {
    let flags = O_RDWR | O_CREAT | (exclusive ? O_EXCL : O_TRUNC)
    return try openRegular(name, operation: "create", flags)
  }

  /// Opens a file for reading.
  package func openFile(_ name: some FileName) throws(SystemError) -> FileDescriptor {
    try openRegular(name, operation: "open", O_RDONLY)
  }

  /// Opens a file for reading and writing at any place.
  package func openForUpdate(_ name: some FileName) throws(SystemError) -> FileDescriptor {
    try openRegular(name, operation: "open", O_RDWR)
  }

  /// Opens a file, made if it is missing, for reading and writing at any place.
  package func openForUpdateOrCreate(_ name: some FileName) throws(SystemError) -> FileDescriptor {
    try openRegular(name, operation: "open", O_RDWR | O_CREAT)
  }

  /// Opens a file, made if it is missing, whose every write goes to its end; it can be read too.
  package func openForAppending(_ name: some FileName) throws(SystemError) -> FileDescriptor {
    try openRegular(name, operation: "open", O_RDWR | O_APPEND | O_CREAT)
  }

  /// Sets an entry's modification time, in seconds since 1970; the access time stays.
  package func setModificationTime(
    of name: some FileName, _ epochSeconds: Int64
  ) throws(SystemError) {
    try call("set time", name) {
      mailarc_set_modification_time(descriptor.rawValue, $0, Int(epochSeconds))
    }
  }

  /// Renames an entry; what stood under the new name is replaced, at one instant.
  package func rename(
    _ name: some FileName, to directory: Directory, _ newName: some FileName
  ) throws(SystemError) {
    try pair("rename", name, directory, newName) { from, to in
      renameat(descriptor.rawValue, from, directory.rawDescriptor, to)
    }
  }

  /// Renames an entry, and fails with `isExists` if the new name is taken.
  ///
  /// Where the file system can't do that at one instant (NFS, some FUSE) a file is linked and
  /// then unlinked; a crash between leaves both names of one file.
  package func renameNoReplace(
    _ name: some FileName, to directory: Directory, _ newName: some FileName
  ) throws(SystemError) {
    do {
      try pair("rename", name, directory, newName) { from, to in
        mailarc_rename_noreplace(descriptor.rawValue, from, directory.rawDescriptor, to)
      }
    } catch  where [EINVAL, ENOSYS, EOPNOTSUPP].contains(error.errno) {
      try link(name, to: directory, newName)
      try unlink(name)
    }
  }

  /// Gives a file a second name, and fails with `isExists` if that is taken.
  package func link(
    _ name: some FileName, to directory: Directory, _ newName: some FileName
  ) throws(SystemError) {
    try pair("link", name, directory, newName) { from, to in
      linkat(descriptor.rawValue, from, directory.rawDescriptor, to, 0)
    }
  }

  /// Removes a file's name.
  package func unlink(_ name: some FileName) throws(SystemError) {
    try call("remove", name) { unlinkat(descriptor.rawValue, $0, 0) }
  }

  /// Removes an empty directory.
  package func removeSubdirectory(_ name: some FileName) throws(SystemError) {
    try call("remove directory", name) { unlinkat(descriptor.rawValue, $0, AT_REMOVEDIR) }
  }

  // Non-blocking, because opening a FIFO that somebody put there would wait for ever; that it
  // is a regular file is checked afterwards, on what was really opened.
  private func openRegular(
    _ name: some FileName, operation: String, _ flags: Int32
  ) throws(SystemError) -> FileDescriptor {
    let safety = O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
    let raw = try call(operation, name) {
      openat(descriptor.rawValue, $0, flags | safety, 0o600)
    }
    let file = FileDescriptor(owning: raw)
    guard try file.status().kind == .file else {
      throw SystemError(errno: EISDIR, operation: operation, path: path(of: name))
    }
    return file
  }

  // The error names the new place if that is where the trouble can only be.
  private func pair(
    _ operation: String, _ name: some FileName, _ directory: Directory, _ newName: some FileName,
    _ body: (UnsafePointer<CChar>, UnsafePointer<CChar>) -> Int32
  ) throws(SystemError) {
    do {
      try call(operation, name) { from in
        let result = newName.withName { to in body(from, to) }
        if let result { return result }
        Glibc.errno = EINVAL
        return -1
      }
    } catch  where error.isExists || error.isNoSpace {
      throw SystemError(
        errno: error.errno, operation: operation, path: directory.path(of: newName))
    }
  }
}
