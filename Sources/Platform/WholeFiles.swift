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
    let temporary = Directory.unfinishedPrefix + RandomID.hex(bytes: 8)
    let file = try createFile(temporary, exclusive: true)
    do {
      try file.write(bytes)
      try file.flush()
      try file.close()
      Checkpoint.pass("whole file: before it gets its name")
      try rename(temporary, to: self, name)
      Checkpoint.pass("whole file: before its name is flushed")
    } catch {
      try? unlink(temporary)
      throw error.at(path(of: name))
    }
    try flush()
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
