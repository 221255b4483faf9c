import Platform

/// The content of an mbox that gzip compressed, at any place; it is cheap from front to back.
///
/// An empty file has none.
final class GzipMboxSource: MboxSource {
  private let bytes: GzipFileBytes
  private let isEmpty: Bool
  private var position: Int64 = 0
  /// The last bytes that were read, at most three.
  private(set) var lastBytes: [UInt8] = []
  private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)

  init(_ file: consuming FileDescriptor, path: String) {
    isEmpty = (try? file.status().size) == 0
    bytes = GzipFileBytes(file, path: path)
  }

  deinit { scratch.deallocate() }

  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
  ) throws(StoreError) -> Int {
    if isEmpty { return 0 }
    if offset < position {
      try bytes.rewind()
      position = 0
    }
    while position < offset {
      let part = UnsafeMutableRawBufferPointer(
        rebasing: scratch.prefix(Int(min(Int64(scratch.count), offset - position))))
      let count = try bytes.read(into: part)
      if count == 0 { return 0 }
      position += Int64(count)
    }
    var done = 0
    while done < buffer.count {
      let count: Int
      do {
        count = try bytes.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
      } catch {
        // What came before the damage counts; the next call meets it again.
        if done == 0 { throw error }
        break
      }
      if count == 0 { break }
      done += count
      position += Int64(count)
    }
    if done > 0 { lastBytes = Array((lastBytes + buffer[..<done].suffix(3)).suffix(3)) }
    return done
  }
}
