import CZlib

/// Makes gzip members (RFC 1952), a chunk at a time, at zlib's level 6.
package final class Deflater {
  private let stream: UnsafeMutablePointer<z_stream>
  private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)

  /// Begins a member.
  package init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15 is the largest window; 16 more ask for gzip's header and trailer.
    let outcome = deflateInit2_(
      stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    precondition(outcome == Z_OK, "no memory for compression")
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
    output.deallocate()
  }

  /// Compresses the next bytes, and ends the member with the last ones.
  ///
  /// - Parameters:
  ///   - input: the bytes.
  ///   - isLast: whether the member ends with them; a new one begins then.
  ///   - body: gets what is compressed so far, in pieces.
  /// - Throws: what `body` throws.
  package func deflate<Problem>(
    _ input: UnsafeRawBufferPointer, isLast: Bool,
    _ body: (UnsafeRawBufferPointer) throws(Problem) -> Void
  ) throws(Problem) {
    var rest = input
    while true {
      let part = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
      let mode = isLast && part.count == rest.count ? Z_FINISH : Z_NO_FLUSH
      stream.pointee.next_in = UnsafeMutablePointer(
        mutating: part.baseAddress?.assumingMemoryBound(to: UInt8.self))
      stream.pointee.avail_in = UInt32(part.count)
      stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = UInt32(output.count)
      let outcome = CZlib.deflate(stream, mode)
      let count = output.count - Int(stream.pointee.avail_out)
      let isFull = stream.pointee.avail_out == 0
      rest = UnsafeRawBufferPointer(rebasing: rest[(part.count - Int(stream.pointee.avail_in))...])
      if count > 0 { try body(UnsafeRawBufferPointer(rebasing: output[..<count])) }
      if outcome == Z_STREAM_END {
        deflateReset(stream)
        return
      }
      if !isLast, rest.isEmpty, !isFull { return }
    }
  }
}
