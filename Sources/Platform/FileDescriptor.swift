import CPlatform
import Glibc

/// An open file descriptor with one owner, closed at the end of its life.
package struct FileDescriptor: ~Copyable, Sendable {
  /// The number the kernel gave; valid as long as this value lives.
  package let rawValue: Int32

  /// Takes over a descriptor that nobody else closes.
  package init(owning rawValue: Int32) {
    self.rawValue = rawValue
  }

  deinit {
    _ = Glibc.close(rawValue)
  }

  /// Closes the descriptor and says whether that went well, which `deinit` can't.
  ///
  /// Some file systems (NFS among them) report a failed write only here.
  /// - Throws: what the kernel said; the descriptor is gone in any case.
  package consuming func close() throws(SystemError) {
    let descriptor = rawValue
    discard self
    // Linux frees the descriptor before it reports EINTR: a second close might hit a stranger's.
    if Glibc.close(descriptor) != 0, Glibc.errno != EINTR {
      throw SystemError(errno: Glibc.errno, operation: "close", path: nil)
    }
  }

  /// Reads once, up to the size of the buffer.
  ///
  /// - Parameter buffer: where the bytes go; not empty.
  /// - Returns: the number of bytes read; 0 at the end of the file.
  /// - Throws: what the kernel says; nothing was read then.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
    try retrying("read", nil) { Glibc.read(rawValue, buffer.baseAddress, buffer.count) }
  }

  /// Reads at a position without moving the descriptor's own.
  ///
  /// - Parameters:
  ///   - buffer: where the bytes go.
  ///   - offset: the first byte's place in the file.
  /// - Returns: the number of bytes read: less than asked for only where the file ends.
  /// - Throws: what the kernel says.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
  ) throws(SystemError) -> Int {
    var done = 0
    while done < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = try retrying("read", nil) {
        Glibc.pread(rawValue, rest.baseAddress, rest.count, off_t(offset) + done)
      }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// Reads at a position without moving the descriptor's own.
  ///
  /// - Parameters:
  ///   - count: how many bytes at most.
  ///   - offset: the first byte's place in the file.
  /// - Returns: what is there: less than asked for only where the file ends.
  /// - Throws: what the kernel says.
  package func read(atMost count: Int, at offset: Int64) throws(SystemError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    var all = span.mutableBytes
    let found = try all.withUnsafeMutableBytes { buffer throws(SystemError) in
      try self.read(into: buffer, at: offset)
    }
    return Array(bytes.prefix(found))
  }

  /// Writes all the bytes at the descriptor's position.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    var rest = bytes
    while !rest.isEmpty {
      let count = try retrying("write", nil) { Glibc.write(rawValue, rest.baseAddress, rest.count) }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  /// Writes all the bytes at the descriptor's position.
  package func write(_ bytes: Span<UInt8>) throws(SystemError) {
    try bytes.bytes.withUnsafeBytes { buffer throws(SystemError) in try write(buffer) }
  }

  /// Moves the descriptor's position to an offset from the file's start.
  package func seek(to offset: Int64) throws(SystemError) {
    try retrying("seek", nil) { Glibc.lseek(rawValue, off_t(offset), SEEK_SET) }
  }

  /// Cuts the file, or extends it with zeros, to a size in bytes.
  package func truncate(to size: Int64) throws(SystemError) {
    try retrying("truncate", nil) { Glibc.ftruncate(rawValue, off_t(size)) }
  }

  /// Returns when content and metadata are on stable storage (fsync).
  package func flush() throws(SystemError) {
    try retrying("flush", nil) { Glibc.fsync(rawValue) }
  }

  /// Returns when the content, and the size if it changed, are on stable storage (fdatasync).
  package func flushData() throws(SystemError) {
    try retrying("flush", nil) { Glibc.fdatasync(rawValue) }
  }

  /// Lets the kernel begin to write what is dirty, so that a later flush finds less to wait for.
  ///
  /// A hint: it promises nothing, and a file system that can't do it is no error.
  package func startWriteback() {
    _ = mailarc_start_writeback(rawValue)
  }

  /// Size, times and identity of the open file.
  package func status() throws(SystemError) -> FileStatus {
    var buffer = stat()
    try retrying("examine", nil) { fstat(rawValue, &buffer) }
    return FileStatus(buffer)
  }

  /// Sets the modification time, in seconds since 1970; the access time stays.
  package func setModificationTime(_ epochSeconds: Int64) throws(SystemError) {
    try retrying("set time", nil) {
      mailarc_set_modification_time(rawValue, nil, Int(epochSeconds))
    }
  }
}
