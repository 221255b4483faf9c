import Platform

/// The content of a file that is one message and that gzip compressed.
final class GzipFileBytes: MessageBytes {
  let size: Int64? = nil
  private let file: FileDescriptor
  private let path: String
  private let reader = GzipReader()
  private var offset: Int64 = 0

  init(_ file: consuming FileDescriptor, path: String) {
    self.file = file
    self.path = path
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(StoreError) -> Int {
    do {
      let count = try reader.read(into: buffer, at: offset, of: file)
      offset += Int64(count)
      return count
    } catch .system(let error) {
      throw .system(error.at(path))
    } catch {
      throw .unreadable(path: path, reason: "\(error)")
    }
  }

  func rewind() throws(StoreError) { offset = 0 }
}
