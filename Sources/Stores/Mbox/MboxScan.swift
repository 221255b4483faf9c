import Platform

/// Reads an mbox file once and tells its messages apart.
struct MboxScan {
  /// The messages.
  let splitter: MboxSplitter
  /// Why the file could not be read to its end; what came before is in `splitter`.
  let failure: StoreError?
  /// How many bytes there were.
  let size: Int64

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - source: the file.
  ///   - forced: the dialect that the user asked for.
  init(_ source: any MboxSource, forced: MboxDialect?) {
    self.init(
      source, forced: forced, bufferSize: 2 * MboxScanner.longLine,
      longLine: MboxScanner.longLine)
  }

  /// Reads a file with a buffer of a size, which must be more than `longLine`.
  init(_ source: any MboxSource, forced: MboxDialect?, bufferSize: Int, longLine: Int) {
    precondition(bufferSize > longLine && longLine > MboxLine.limit)
    var scanner = MboxScanner(longLine: longLine)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferSize, alignment: 16)
    defer { buffer.deallocate() }
    var kept = 0
    var failure: StoreError?
    var isLast = false
    while !isLast {
      let room = UnsafeMutableRawBufferPointer(rebasing: buffer[kept...])
      var count = 0
      do {
        count = try source.read(into: room, at: scanner.offset + Int64(kept))
        // Fewer bytes than there is room for may also come before damage.
        isLast = count == 0
      } catch {
        failure = error
        isLast = true
      }
      let window = UnsafeRawBufferPointer(rebasing: buffer[..<(kept + count)])
      let taken = scanner.take(window, isLast: isLast)
      kept = window.count - taken
      if kept > 0, taken > 0 {
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: window[taken...]))
      }
    }
    size = scanner.offset
    self.failure = failure
    splitter = MboxSplitter(scanner, forced: forced)
  }
}
