import CZlib

/// The CRC-32 of gzip and zlib (RFC 1952, section 8).
package enum CRC32 {
  /// The checksum of bytes, or the continuation of an earlier one over more bytes.
  ///
  /// - Parameters:
  ///   - bytes: what to take in.
  ///   - earlier: the checksum of what came before; 0 at the beginning.
  /// - Returns: the checksum of all of it.
  package static func checksum(_ bytes: Span<UInt8>, continuing earlier: UInt32 = 0) -> UInt32 {
    bytes.bytes.withUnsafeBytes { buffer in
      UInt32(truncatingIfNeeded: crc32_z(uLong(earlier), buffer.baseAddress, buffer.count))
    }
  }
}
