package import Mail
import Platform

/// What is known of a message's content when all of it was written.
package struct WrittenContent: Hashable, Sendable {
  /// Bytes of the form on disk.
  package let size: Int64
  /// Bytes of the wire form.
  package let wireSize: Int64
  /// The digest of the wire form.
  package let digest: ContentDigest

  /// Makes it of its parts.
  package init(size: Int64, wireSize: Int64, digest: ContentDigest) {
    self.size = size
    self.wireSize = wireSize
    self.digest = digest
  }

  /// That of a message whose form on disk is at hand as a whole.
  package static func content(of bytes: [UInt8]) -> WrittenContent {
    let measure = ContentMeasure()
    bytes.withUnsafeBytes { measure.take($0) }
    return measure.finish()
  }
}

/// Measures one message after the other while its form on disk goes by.
package final class ContentMeasure {
  private static let pieceSize = 1 << 16
  private let sha = SHA256()
  private let scratch: UnsafeMutableRawBufferPointer
  private var size: Int64 = 0
  private var wireSize: Int64 = 0

  /// Makes one that is ready for the first bytes.
  package init() {
    scratch = .allocate(byteCount: DiskToWire.capacity(for: Self.pieceSize), alignment: 16)
  }

  deinit { scratch.deallocate() }

  /// Takes in the next bytes.
  package func take(_ bytes: UnsafeRawBufferPointer) {
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + Self.pieceSize)
      let count = DiskToWire().convert(
        UnsafeRawBufferPointer(rebasing: bytes[start..<end]), into: scratch)
      sha.update(UnsafeRawBufferPointer(rebasing: scratch[..<count]))
      wireSize += Int64(count)
      start = end
    }
    size += Int64(bytes.count)
  }

  /// All that came since the last `finish` or `reset`; a new message begins.
  package func finish() -> WrittenContent {
    defer { (size, wireSize) = (0, 0) }
    return WrittenContent(size: size, wireSize: wireSize, digest: sha.finish())
  }

  /// Forgets what came so far.
  package func reset() {
    sha.reset()
    (size, wireSize) = (0, 0)
  }
}
