import Platform

/// Where the bytes of one message come from.
package protocol MessageBytes: AnyObject {
  /// How many there are; nil where only reading tells.
  var size: Int64? { get }
  /// Reads the next bytes, as many as there are room and bytes for, or fewer; 0 at the end only.
  ///
  /// - Throws: `system`, `unreadable`.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(StoreError) -> Int
  /// Goes back to the first byte.
  ///
  /// - Throws: `system`, `unreadable`.
  func rewind() throws(StoreError)
}

/// A message open for reading, a chunk at a time.
package final class MessageFile {
  private let source: any MessageBytes
  private let buffer: FileBuffer
  private let giveBack: (FileBuffer) -> Void

  /// The bytes when it was opened; nil where only reading tells.
  package var size: Int64? { source.size }

  init(
    _ source: any MessageBytes, buffer: FileBuffer, giveBack: @escaping (FileBuffer) -> Void
  ) {
    self.source = source
    self.buffer = buffer
    self.giveBack = giveBack
  }

  deinit { giveBack(buffer) }

  /// How many bytes a chunk has, if it is not the last one.
  package static let chunkSize = FileBuffer.size

  /// The next bytes, `chunkSize` of them, fewer at the end only; nil behind it.
  ///
  /// They are valid until the next call.
  package func nextChunk() throws(StoreError) -> UnsafeRawBufferPointer? {
    try nextChunk(atMost: Self.chunkSize)
  }

  /// The next bytes, so many of them and at most `chunkSize`, fewer at the end only; nil behind it.
  ///
  /// They are valid until the next call.
  package func nextChunk(atMost limit: Int) throws(StoreError) -> UnsafeRawBufferPointer? {
    let room = min(limit, buffer.bytes.count)
    var count = 0
    while count < room {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[count..<room])
      let read = try source.read(into: rest)
      if read == 0 { break }
      count += read
    }
    return count == 0 ? nil : UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count])
  }

  /// Goes back to the beginning.
  package func rewind() throws(StoreError) { try source.rewind() }

  /// Runs a closure on each of the remaining chunks in turn.
  ///
  /// - Throws: `StoreError`, or what the closure throws.
  package func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    while let chunk = try nextChunk() { try body(chunk) }
  }
}

/// A file that is one message, as it stands.
final class PlainFileBytes: MessageBytes {
  let size: Int64?
  private let file: FileDescriptor
  private let path: String

  init(_ file: consuming FileDescriptor, path: String) throws(StoreError) {
    size = try stored(try file.status()).size
    self.file = file
    self.path = path
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(StoreError) -> Int {
    do { return try file.read(into: buffer) } catch { throw .system(error.at(path)) }
  }

  func rewind() throws(StoreError) { try stored(try file.seek(to: 0)) }
}
