import Platform

/// A message open for reading, a chunk at a time.
package final class MessageFile {
  private let file: FileDescriptor
  private let path: String
  private let buffer: FileBuffer
  private let giveBack: (FileBuffer) -> Void
  /// The file's bytes when it was opened.
  package let size: Int64

  init(
    _ file: consuming FileDescriptor, path: String, buffer: FileBuffer,
    giveBack: @escaping (FileBuffer) -> Void
  ) throws(StoreError) {
    size = try stored(try file.status()).size
    self.file = file
    self.path = path
    self.buffer = buffer
    self.giveBack = giveBack
  }

  deinit { giveBack(buffer) }

  /// The next bytes, at most 256 KiB of them; nil at the end.
  ///
  /// They are valid until the next call.
  package func nextChunk() throws(StoreError) -> UnsafeRawBufferPointer? {
    do {
      let count = try file.read(into: buffer.bytes)
      return count == 0 ? nil : UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count])
    } catch {
      throw .system(error.at(path))
    }
  }

  /// Goes back to the beginning.
  package func rewind() throws(StoreError) {
    try stored(try file.seek(to: 0))
  }

  /// Runs a closure on each of the remaining chunks in turn.
  ///
  /// - Throws: `StoreError`, or what the closure throws.
  package func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    while let chunk = try nextChunk() { try body(chunk) }
  }
}
