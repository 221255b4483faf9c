import Glibc

extension Directory {
  /// How the names of files begin that `writeWhole` has not finished; a crash may leave one.
  package static let unfinishedPrefix = ".mailarc-unfinished-"

  /// Writes a file so that at every moment the old content or the new one is there, whole.
  ///
  /// When it returns, content and name are on stable storage. A symbolic link of that name is
  /// replaced, not followed.
  package func writeWhole(
    _ name: some FileName, _ bytes: Span<UInt8>
  ) throws(SystemError) {
    let file = try UnfinishedFile(in: self)
    do { try file.write(bytes) } catch { throw error.at(path(of: name)) }
    try file.finish(as: name, replaces: true)
  }

  /// Makes a file that has its content when it gets its name, and fails with `isExists` if that is taken.
  ///
  /// Nothing is flushed. Where the file system has no files without a name (NFS, FAT, some FUSE) the name
  /// comes first, so that a crash may leave an empty file.
  /// - Parameters:
  ///   - name: the new file's name.
  ///   - bytes: all that it holds.
  /// - Returns: what identifies the file.
  /// - Throws: `isExists`, and what the kernel says.
  package func makeWhole(
    _ name: some FileName, _ bytes: Span<UInt8>
  ) throws(SystemError) -> FileStatus {
    do {
      let file = try openUnnamed()
      try file.write(bytes)
      Checkpoint.pass("whole file: before it gets its first name")
      try giveName(name, to: file)
      return try file.status()
    } catch  where ![EEXIST, ENOSPC, EDQUOT, EACCES, EROFS, EIO].contains(error.errno) {
      let file = try createFile(name, exclusive: true)
      do {
        try file.write(bytes)
        return try file.status()
      } catch {
        try? unlink(name)
        throw error.at(path(of: name))
      }
    } catch {
      throw error.at(path(of: name))
    }
  }

  // A file without a name is gone with the process. O_TMPFILE itself is a macro that Swift can't read.
  private func openUnnamed() throws(SystemError) -> FileDescriptor {
    let flags = 0o20000000 | O_DIRECTORY | O_RDWR | O_CLOEXEC
    let raw = try retrying("create", path) { openat(rawDescriptor, ".", flags, 0o600) }
    return FileDescriptor(owning: raw)
  }

  private func giveName(
    _ name: some FileName, to file: borrowing FileDescriptor
  ) throws(SystemError) {
    let source = "/proc/self/fd/\(file.rawValue)"
    try call("link", name) { linkat(AT_FDCWD, source, rawDescriptor, $0, AT_SYMLINK_FOLLOW) }
  }

  /// Reads the first bytes of a file.
  ///
  /// - Parameters:
  ///   - name: the file.
  ///   - count: how many at most.
  /// - Returns: what is there.
  /// - Throws: `isNotFound`, and what the kernel says.
  package func readStart(of name: some FileName, count: Int) throws(SystemError) -> [UInt8] {
    let file = try openFile(name)
    return try file.read(atMost: count, at: 0)
  }

  /// Reads a file completely.
  ///
  /// - Parameters:
  ///   - name: the file.
  ///   - limit: the most bytes to take into memory; a larger file is an error (EOVERFLOW).
  /// - Returns: the content.
  /// - Throws: `isNotFound`, EOVERFLOW for a file over the limit, and what the kernel says.
  package func readWhole(_ name: some FileName, limit: Int) throws(SystemError) -> [UInt8] {
    let file = try openFile(name)
    do throws(SystemError) {
      let expected = Int(clamping: try file.status().size)
      var bytes: [UInt8] = []
      // The size is a hint: the file may grow, and in /proc it is zero.
      var room = min(expected, limit) + 1
      bytes.reserveCapacity(room + 4096)
      while bytes.count <= limit {
        let count = try file.append(to: &bytes, upTo: room)
        if count == 0 { return bytes }
        room = min(max(4096, bytes.capacity - bytes.count), limit + 1 - bytes.count)
      }
      throw SystemError(
        errno: EOVERFLOW, operation: "read at most \(limit) bytes of", path: nil)
    } catch {
      throw error.at(path(of: name))
    }
  }
}

extension FileDescriptor {
  /// Reads once and appends what came.
  fileprivate func append(to bytes: inout [UInt8], upTo room: Int) throws(SystemError) -> Int {
    let start = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: room))
    var span = bytes.mutableSpan
    var rest = span.mutableBytes
    let count = try rest.withUnsafeMutableBytes { buffer throws(SystemError) in
      try self.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[start...]))
    }
    bytes.removeLast(room - count)
    return count
  }
}
