package import Mail
import Platform

/// A message that is being written into a mailbox's `tmp`.
///
/// Memory does not grow with the message: small writes are gathered in a buffer that the mailbox
/// uses again. A delivery that is neither finished nor abandoned takes its file with it.
package final class Delivery {
  private let mailbox: MaildirMailbox
  private let directory: Directory
  private let temporaryName: [UInt8]
  private var file: FileDescriptor?
  private let buffer: FileBuffer
  private var buffered = 0
  /// Bytes taken so far.
  package private(set) var byteCount: Int64 = 0

  init(
    into mailbox: MaildirMailbox, directory: Directory, temporaryName: [UInt8], buffer: FileBuffer
  ) throws(StoreError) {
    self.mailbox = mailbox
    self.directory = directory
    self.temporaryName = temporaryName
    self.buffer = buffer
    file = try stored(try directory.createFile(temporaryName, exclusive: true))
  }

  deinit { abandon() }

  /// Takes the next bytes of the message in the form on disk.
  ///
  /// - Throws: `system`; the message is abandoned then.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
    byteCount += Int64(bytes.count)
    if buffered + bytes.count > buffer.bytes.count { try writeBuffered() }
    if bytes.count >= buffer.bytes.count {
      try writeThrough(bytes)
    } else {
      UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[buffered...]).copyMemory(from: bytes)
      buffered += bytes.count
    }
  }

  private func writeBuffered() throws(StoreError) {
    let bytes = UnsafeRawBufferPointer(rebasing: buffer.bytes[..<buffered])
    buffered = 0
    try writeThrough(bytes)
  }

  private func writeThrough(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
    guard file != nil else { preconditionFailure("the delivery is over") }
    do {
      try file?.write(bytes)
    } catch {
      abandon()
      throw .system(error.at(directory.path(of: temporaryName)))
    }
  }

  /// Ends the message; it is delivered by `MaildirMailbox.commit(_:)`.
  ///
  /// - Parameters:
  ///   - origin: where it was fetched; nil for a message that came from a file.
  ///   - date: its internal date, which the file's modification time becomes as well.
  ///   - size: its bytes on disk, as written.
  ///   - wireSize: its bytes in wire form.
  ///   - flags: its flags at the source.
  /// - Returns: the message as it stands in `tmp`.
  /// - Throws: `system`; the message is abandoned then.
  package func finish(
    origin: MessageOrigin?, date: InternalDate, size: Int64, wireSize: Int64, flags: Flags
  ) throws(StoreError) -> PreparedDelivery {
    assert(size == byteCount)
    try writeBuffered()
    guard let file = file.take() else { preconditionFailure("the delivery is over") }
    do {
      try file.setModificationTime(date.epochSeconds)
      file.startWriteback()
      try file.close()
    } catch {
      try? directory.unlink(temporaryName)
      throw .system(error.at(directory.path(of: temporaryName)))
    }
    mailbox.give(back: buffer)
    return PreparedDelivery(
      temporaryName: temporaryName, origin: origin, date: date, size: size, wireSize: wireSize,
      flags: flags)
  }

  /// Gives the message up and removes its file.
  package func abandon() {
    guard file.take() != nil else { return }
    try? directory.unlink(temporaryName)
    mailbox.give(back: buffer)
  }
}

/// A message that stands complete in `tmp`.
package struct PreparedDelivery: Sendable {
  let temporaryName: [UInt8]
  /// Where it was fetched; nil for a message that came from a file.
  package let origin: MessageOrigin?
  /// Its internal date.
  package let date: InternalDate
  /// Bytes on disk.
  package let size: Int64
  /// Bytes of the wire form.
  package let wireSize: Int64
  /// The flags to deliver it with.
  package let flags: Flags

  /// The base name to deliver it under, with a number that tells it from others; 0 for the first.
  func baseName(distinguishedBy number: Int) -> [UInt8] {
    // The part of a message without origin comes from its temporary name, which is random enough
    // and the same each time.
    MaildirName.base(
      date: date, unique: origin.map(MaildirName.originPart) ?? randomPart, duplicate: number,
      size: size, wireSize: wireSize)
  }

  private var randomPart: [UInt8] {
    Array("R".utf8)
      + temporaryName.withUnsafeBytes { bytes in
        // FNV-1a: what matters is that different temporary names give different parts.
        let hash = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
          ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3
        }
        return Array(MailboxKey(value: hash).hex.utf8)
      }
  }
}

/// A message that stands in `cur`, on stable storage.
package struct Delivered: Sendable {
  /// The message as it stands there now.
  package let message: StoredMessage
  /// Whether the same message was there before, so that nothing was added.
  ///
  /// `message` has the flags of the one that was there.
  package let wasPresent: Bool
}
