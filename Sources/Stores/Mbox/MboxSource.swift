import Platform

/// The bytes of an mbox file at any place, whether the file is compressed or not.
protocol MboxSource: AnyObject {
  /// Reads at a place; fewer bytes than asked for only where the file ends.
  ///
  /// - Throws: `unreadable` where a compressed file is damaged, `system`.
  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
  ) throws(StoreError) -> Int
}

/// A file as it is.
final class PlainMboxSource: MboxSource {
  private let file: FileDescriptor
  private let path: String

  init(_ file: consuming FileDescriptor, path: String) {
    self.file = file
    self.path = path
  }

  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
  ) throws(StoreError) -> Int {
    do { return try file.read(into: buffer, at: offset) } catch { throw .system(error.at(path)) }
  }

  func status() throws(StoreError) -> FileStatus {
    do { return try file.status() } catch { throw .system(error.at(path)) }
  }
}
