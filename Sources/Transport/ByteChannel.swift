package import Platform

/// What came of one attempt to read.
package enum ReadOutcome: Sendable, Hashable {
  /// So many bytes, at least one, were put at the start of the buffer.
  case bytes(Int)
  /// Nothing is there yet; `wait` for it.
  case wouldBlock
  /// The peer closed its side in an orderly way; nothing will come any more.
  case endOfStream
}

/// A two-way stream of bytes that never blocks except in `wait`.
///
/// A channel belongs to one thread. Write while `read` would block and read while `write` would:
/// two ends that both only write may wait for each other for ever.
package protocol ByteChannel: AnyObject {
  /// Reads what is there, up to the size of the buffer, which is not empty.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(TransportError) -> ReadOutcome

  /// Writes a part from the beginning of the bytes.
  ///
  /// - Parameter bytes: what to write; what is not taken begins the next call, with no fewer bytes.
  /// - Returns: how many were taken; 0 means that it would block.
  /// - Throws: `connectionLost` and its kin. What the peer sent before may still be read.
  func write(_ bytes: UnsafeRawBufferPointer) throws(TransportError) -> Int

  /// Blocks until reading or writing may succeed.
  ///
  /// - Parameters:
  ///   - interest: what is wanted: reading, writing or both.
  ///   - deadline: when to give up.
  /// - Returns: the part of `interest` that is worth trying now. Trying may still block.
  /// - Throws: `timedOut`, and `interrupted` as soon as the channel's interruption is raised.
  func wait(for interest: Interest, until deadline: Deadline) throws(TransportError) -> Interest

  /// Ends the stream in both directions, in an orderly way as far as that needs no waiting.
  func close()
}
