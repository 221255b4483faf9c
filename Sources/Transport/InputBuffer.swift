import Glibc

/// Bytes between a channel and a session: read in large pieces, consumed in small ones.
package final class InputBuffer {
  /// The most unread bytes it holds: 256 KiB.
  package static let capacity = 256 << 10
  // With less room than this at the end, what is unread moves to the front.
  private static let leastRoom = 64 << 10

  private let storage: UnsafeMutableRawBufferPointer
  private var unread: Range<Int> = 0..<0

  /// What came of filling.
  package enum Outcome: Sendable, Hashable {
    /// So many bytes were added, at least one.
    case filled(Int)
    /// Nothing is there yet.
    case wouldBlock
    /// Nothing will come any more; what is unread stays.
    case endOfStream
    /// There is no room: consume first.
    case full
  }

  /// Makes an empty buffer.
  package init() {
    storage = .allocate(byteCount: InputBuffer.capacity, alignment: 16)
  }

  deinit {
    storage.deallocate()
  }

  /// How many bytes wait to be consumed.
  package var unreadCount: Int { unread.count }

  /// Reads once from a channel, behind what is unread.
  package func fill(from channel: any ByteChannel) throws(TransportError) -> Outcome {
    if storage.count - unread.upperBound < InputBuffer.leastRoom { compact() }
    guard unread.upperBound < storage.count else { return .full }
    let room = UnsafeMutableRawBufferPointer(rebasing: storage[unread.upperBound...])
    switch try channel.read(into: room) {
    case .bytes(let count):
      unread = unread.lowerBound..<(unread.upperBound + count)
      return .filled(count)
    case .wouldBlock: return .wouldBlock
    case .endOfStream: return .endOfStream
    }
  }

  /// Lends out what is unread; the pointer is valid only during the call.
  package func withUnread<Value, Failure>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    try body(UnsafeRawBufferPointer(rebasing: storage[unread]))
  }

  /// Marks bytes at the front as read; no more than are unread.
  package func consume(_ count: Int) {
    precondition(count >= 0 && count <= unread.count)
    unread = unread.count == count ? 0..<0 : (unread.lowerBound + count)..<unread.upperBound
  }

  /// Forgets what is unread, as must be done with plaintext that came before a TLS handshake.
  package func discard() {
    unread = 0..<0
  }

  private func compact() {
    guard unread.lowerBound > 0, let base = storage.baseAddress else { return }
    memmove(base, base + unread.lowerBound, unread.count)
    unread = 0..<unread.count
  }
}
