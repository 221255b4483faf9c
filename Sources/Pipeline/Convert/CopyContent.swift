import Mail
import Platform
import Stores

/// A message of the source could not be read.
struct SourceUnreadable: Error {
  let cause: any Error
}

/// What was seen of a message while it was copied.
struct CopiedContent: Sendable {
  /// What was written.
  let written: WrittenContent
  /// Bytes that were read.
  let sourceSize: Int64
}

/// Copies one message at a time into the form on disk, and takes its digest on the way.
///
/// One for a worker; the memory it takes does not depend on a message's size.
final class CopyContent {
  private let sha = SHA256()
  private let measure = ContentMeasure()
  private let scratch: UnsafeMutableRawBufferPointer
  private static let pieceSize = 1 << 16

  init() {
    scratch = .allocate(byteCount: WireToDisk.capacity(for: Self.pieceSize), alignment: 16)
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
    var chunk = try read(file)
    let copied =
      try isWireForm(message, file, &chunk)
      ? try copyWireForm(from: chunk, file, write) : try copyDiskForm(from: chunk, file, write)
    if let expected = file.size, expected != copied.sourceSize {
      throw SourceUnreadable(cause: ChangedWhileRead())
    }
    return copied
  }

  private func copyDiskForm(
    from first: UnsafeRawBufferPointer?, _ file: MessageFile,
    _ write: (UnsafeRawBufferPointer) -> Void
  ) throws(SourceUnreadable) -> CopiedContent {
    measure.reset()
    var chunk = first
    while let bytes = chunk {
      measure.take(bytes)
      write(bytes)
      chunk = try read(file)
    }
    let written = measure.finish()
    return CopiedContent(written: written, sourceSize: written.size)
  }

  private func copyWireForm(
    from first: UnsafeRawBufferPointer?, _ file: MessageFile,
    _ write: (UnsafeRawBufferPointer) -> Void
  ) throws(SourceUnreadable) -> CopiedContent {
    sha.reset()
    var converter = WireToDisk()
    var wireSize: Int64 = 0
    var size: Int64 = 0
    func take(_ piece: UnsafeRawBufferPointer) {
      size += Int64(piece.count)
      write(piece)
    }
    var chunk = first
    while let bytes = chunk {
      sha.update(bytes)
      wireSize += Int64(bytes.count)
      converter.convert(bytes, through: scratch, write: take)
      chunk = try read(file)
    }
    converter.finish(write: take)
    return CopiedContent(
      written: WrittenContent(size: size, wireSize: wireSize, digest: sha.finish()),
      sourceSize: wireSize)
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
    // Mostly the first line tells.
    let beginning = first.prefix(1024)
    census.count(UnsafeRawBufferPointer(rebasing: beginning))
    if census.hasBareLineFeed { return false }
    census.count(UnsafeRawBufferPointer(rebasing: first[beginning.endIndex...]))
    // A chunk that is not full is the last one.
    guard first.count == MessageFile.chunkSize else { return census.isWireForm }
    while let more = try read(file) { census.count(more) }
    do { try file.rewind() } catch { throw SourceUnreadable(cause: error) }
    chunk = try read(file)
    return census.isWireForm
  }
}

/// A message had another size at its end than when it was opened.
struct ChangedWhileRead: Error, CustomStringConvertible {
  let description = "it changed while it was read"
}
