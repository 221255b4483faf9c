import CZlib

/// Compressed data that is none: broken, or of another kind.
package struct InflateError: Error, Sendable, Equatable {
  /// What zlib says of it.
  package let reason: String
  /// How many bytes were written before that was seen.
  package let written: Int
}

/// Takes gzip data apart (RFC 1952), a chunk at a time.
///
/// Holds at most some 50 KiB, whatever the data says.
package final class Inflater {
  private let stream: UnsafeMutablePointer<z_stream>
  /// Whether a member has ended, and the next has not begun.
  package private(set) var isAtMemberEnd = false

  /// Begins before the first member.
  package init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15 is the largest window; 16 more ask for gzip's header and trailer.
    let outcome = inflateInit2_(
      stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(outcome == Z_OK, "no memory for decompression")
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Inflates as much as there is input and room for; stops at the end of a member.
  ///
  /// After the end of a member, the next call begins another one.
  /// - Parameters:
  ///   - input: the next compressed bytes.
  ///   - output: where the content goes; not empty.
  /// - Returns: how many bytes were taken and how many written.
  /// - Throws: if the data is broken, its checksum and length included.
  package func inflate(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(InflateError) -> (taken: Int, written: Int) {
    if isAtMemberEnd {
      inflateReset(stream)
      isAtMemberEnd = false
    }
    let input = UnsafeRawBufferPointer(rebasing: input.prefix(1 << 30))
    let room = min(output.count, 1 << 30)
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = UInt32(input.count)
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(room)
    let outcome = CZlib.inflate(stream, Z_NO_FLUSH)
    switch outcome {
    case Z_OK, Z_BUF_ERROR: break
    case Z_STREAM_END: isAtMemberEnd = true
    default:
      throw InflateError(
        reason: stream.pointee.msg.map { String(cString: $0) } ?? "broken",
        written: room - Int(stream.pointee.avail_out))
    }
    return (input.count - Int(stream.pointee.avail_in), room - Int(stream.pointee.avail_out))
  }

  /// Begins anew, before the first member.
  package func reset() {
    inflateReset(stream)
    isAtMemberEnd = false
  }
}
