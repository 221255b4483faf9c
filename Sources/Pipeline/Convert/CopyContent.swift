import Mail
import Platform
import Stores

/// A message of the source could not be read.
struct SourceUnreadable: Error {
  let cause: any Error
}

/// What was seen of a message while it was copied.
struct CopiedContent: Sendable {
  /// Of the wire form.
  let digest: ContentDigest
  /// Octets of the wire form.
  let wireSize: Int64
  /// Bytes that were written.
  let size: Int64
  /// Bytes that were read.
  let sourceSize: Int64
}

/// Copies one message at a time into the form on disk, and takes its digest on the way.
///
/// One for a worker; the memory it takes does not depend on a message's size.
final class CopyContent {
  private let sha = SHA256()
  private let scratch: UnsafeMutableRawBufferPointer
  private static let pieceSize = 1 << 17
  private var bareLineFeeds: [Int] = []

  init() {
    scratch = .allocate(byteCount: DiskToWire.capacity(for: Self.pieceSize), alignment: 16)
  }

  deinit { scratch.deallocate() }

  /// Copies a message.
  ///
  /// - Parameters:
  ///   - message: the message.
  ///   - file: its content.
  ///   - write: takes the form on disk, in pieces that are valid during the call only.
  /// - Returns: what was seen on the way.
  /// - Throws: `SourceUnreadable`, also where it changes meanwhile.
  func run(
    _ message: StoredMessage, _ file: MessageFile, write: (UnsafeRawBufferPointer) -> Void
  ) throws(SourceUnreadable) -> CopiedContent {
    sha.reset()
    var content = Content()
    var chunk = try read(file)
    if try isWireForm(message, file, &chunk) {
      var converter = WireToDisk()
      while let bytes = chunk {
        copyWireForm(bytes, &converter, &content, write)
        chunk = try read(file)
      }
      if converter.finish() {
        content.size += 1
        [UInt8.carriageReturn].withUnsafeBytes { write($0) }
      }
    } else {
      while let bytes = chunk {
        copyDiskForm(bytes, &content, write)
        chunk = try read(file)
      }
    }
    if let expected = file.size, expected != content.sourceSize {
      throw SourceUnreadable(cause: ChangedWhileRead())
    }
    return CopiedContent(
      digest: sha.finish(), wireSize: content.wireSize, size: content.size,
      sourceSize: content.sourceSize)
  }

  private struct Content {
    var wireSize: Int64 = 0
    var size: Int64 = 0
    var sourceSize: Int64 = 0
  }

  private func read(_ file: MessageFile) throws(SourceUnreadable) -> UnsafeRawBufferPointer? {
    do { return try file.nextChunk() } catch { throw SourceUnreadable(cause: error) }
  }

  /// Whether the content is in wire form already.
  ///
  /// Where neither its name nor a scan tells, all of it is looked at; what is larger than one chunk is then read once more.
  private func isWireForm(
    _ message: StoredMessage, _ file: MessageFile, _ chunk: inout UnsafeRawBufferPointer?
  ) throws(SourceUnreadable) -> Bool {
    if message.isOurs { return false }
    if let scanned = message.scanned { return scanned.isWireForm }
    guard let first = chunk else { return false }
    var census = LineEndCensus()
    census.count(first)
    // A chunk that is not full is the last one.
    guard first.count == MessageFile.chunkSize else { return census.isWireForm }
    while let more = try read(file) { census.count(more) }
    do { try file.rewind() } catch { throw SourceUnreadable(cause: error) }
    chunk = try read(file)
    return census.isWireForm
  }

  private func copyWireForm(
    _ bytes: UnsafeRawBufferPointer, _ converter: inout WireToDisk, _ content: inout Content,
    _ write: (UnsafeRawBufferPointer) -> Void
  ) {
    sha.update(bytes)
    content.wireSize += Int64(bytes.count)
    content.sourceSize += Int64(bytes.count)
    forEachPiece(of: bytes) { piece in
      bareLineFeeds.removeAll(keepingCapacity: true)
      let count = converter.convert(piece, into: scratch, bareLineFeeds: &bareLineFeeds)
      content.size += Int64(count)
      write(UnsafeRawBufferPointer(rebasing: scratch[..<count]))
    }
  }

  private func copyDiskForm(
    _ bytes: UnsafeRawBufferPointer, _ content: inout Content,
    _ write: (UnsafeRawBufferPointer) -> Void
  ) {
    content.size += Int64(bytes.count)
    content.sourceSize += Int64(bytes.count)
    forEachPiece(of: bytes) { piece in
      let count = DiskToWire().convert(piece, into: scratch)
      content.wireSize += Int64(count)
      sha.update(UnsafeRawBufferPointer(rebasing: scratch[..<count]))
    }
    write(bytes)
  }

  private func forEachPiece(
    of bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
  ) {
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + Self.pieceSize)
      body(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
      start = end
    }
  }
}

/// A message had another size at its end than when it was opened.
struct ChangedWhileRead: Error, CustomStringConvertible {
  let description = "it changed while it was read"
}
