import Mail
import Platform
import Stores

/// A message of the source could not be read.
struct SourceUnreadable: Error {
  let cause: any Error
}

/// Copies one message at a time into the form on disk.
///
/// One for a worker; the memory it takes does not depend on a message's size.
final class CopyContent {
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
  /// - Returns: how many bytes were read.
  /// - Throws: `SourceUnreadable`, also where it changes meanwhile.
  func run(
    _ message: StoredMessage, _ file: MessageFile, write: (UnsafeRawBufferPointer) -> Void
  ) throws(SourceUnreadable) -> Int64 {
    var size: Int64 = 0
    var chunk = try read(file)
    var converter = try isWireForm(message, file, &chunk) ? WireToDisk() : nil
    while let bytes = chunk {
      size += Int64(bytes.count)
      if converter == nil {
        write(bytes)
      } else {
        converter?.convert(bytes, through: scratch, write: write)
      }
      chunk = try read(file)
    }
    converter?.finish(write: write)
    if let expected = file.size, expected != size {
      throw SourceUnreadable(cause: ChangedWhileRead())
    }
    return size
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
