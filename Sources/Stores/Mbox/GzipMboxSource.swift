import Platform

/// The content of an mbox that gzip compressed, at any place; it is cheap from front to back.
///
/// An empty file has none.
final class GzipMboxSource: MboxSource {
  private let file: FileDescriptor
  private let path: String
  private let reader = GzipReader()
  private let isEmpty: Bool
  /// The last bytes that were read, at most three.
  private(set) var lastBytes: [UInt8] = []

  init(_ file: consuming FileDescriptor, path: String) {
    isEmpty = (try? file.status().size) == 0
    self.file = file
    self.path = path
  }

  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
  ) throws(StoreError) -> Int {
    if isEmpty { return 0 }
    var done = 0
    while done < buffer.count {
      let count: Int
      do {
        count = try reader.read(
          into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]),
          at: offset + Int64(done), of: file)
      } catch {
        // What came before the damage counts; the next call meets it again.
        if done > 0 { break }
        if case .system(let error) = error { throw .system(error.at(path)) }
        throw .unreadable(path: path, reason: error.description)
      }
      if count == 0 { break }
      done += count
    }
    if done > 0 { lastBytes = Array((lastBytes + buffer[..<done].suffix(3)).suffix(3)) }
    return done
  }
}
