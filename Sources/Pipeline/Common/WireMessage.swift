import Mail
import Platform
import Stores

/// A message of the archive, read as the bytes that go over the wire.
///
/// Confined to one thread; the memory it takes does not depend on the message's size.
final class WireMessage {
  /// Octets of the wire form.
  let size: Int64
  /// Octets on disk.
  let diskSize: Int64
  private let file: MessageFile
  private let isWireForm: Bool
  private let scratch: WireScratch

  /// Opens the message and finds its size.
  ///
  /// What mailarc wrote is in the form on disk; a foreign file whose every line end is CRLF is in wire
  /// form already, and is read once more to see that, unless a scan has seen it.
  init(
    _ message: StoredMessage, in mailbox: any ReadableMailbox, scratch: WireScratch
  ) throws {
    file = try mailbox.open(message)
    self.scratch = scratch
    if message.isOurs, let size = message.namedWireSize, let diskSize = message.namedSize,
      diskSize == message.scanned?.size ?? file.size
    {
      self.size = size
      self.diskSize = diskSize
      isWireForm = false
    } else if let scanned = message.scanned {
      size = scanned.wireSize
      diskSize = scanned.size
      isWireForm = scanned.isWireForm
    } else {
      var census = LineEndCensus()
      var count: Int64 = 0
      try file.forEachChunk {
        census.count($0)
        count += Int64($0.count)
      }
      diskSize = count
      isWireForm = !message.isOurs && census.isWireForm
      size = count + Int64(isWireForm ? 0 : census.bytesAdded)
    }
  }

  /// Hands out the wire form in pieces that are valid during the call only.
  func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let converter = DiskToWire()
    try file.rewind()
    try file.forEachChunk { chunk in
      guard !isWireForm else { return try body(chunk) }
      var start = 0
      while start < chunk.count {
        let part = UnsafeRawBufferPointer(
          rebasing: chunk[start..<min(chunk.count, start + WireScratch.inputSize)])
        let count = converter.convert(part, into: scratch.buffer)
        try body(UnsafeRawBufferPointer(rebasing: scratch.buffer[..<count]))
        start += part.count
      }
    }
  }
}

/// The buffer into which messages are converted, one for a worker.
final class WireScratch {
  static let inputSize = 1 << 17
  let buffer: UnsafeMutableRawBufferPointer

  init() {
    buffer = .allocate(byteCount: DiskToWire.capacity(for: Self.inputSize), alignment: 16)
  }

  deinit { buffer.deallocate() }
}
