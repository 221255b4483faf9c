package import Mail

/// A message that is being written into a mailbox of an archive.
///
/// Memory does not grow with the message. A delivery that is neither finished nor abandoned leaves
/// nothing behind.
package protocol Delivery: AnyObject {
  /// Bytes taken so far.
  var byteCount: Int64 { get }
  /// Takes the next bytes of the message in the form on disk.
  ///
  /// - Throws: `system`; the message is abandoned then.
  func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError)
  /// Ends the message; it is delivered by `Mailbox.commit(_:)`.
  ///
  /// - Parameters:
  ///   - origin: where it was fetched; nil for a message that came from a file.
  ///   - date: its internal date.
  ///   - size: its bytes on disk, as written.
  ///   - wireSize: its bytes in wire form.
  ///   - flags: its flags at the source.
  /// - Returns: the message, complete and not delivered yet.
  /// - Throws: `system`; the message is abandoned then.
  func finish(
    origin: MessageOrigin?, date: InternalDate, size: Int64, wireSize: Int64, flags: Flags
  ) throws(StoreError) -> PreparedDelivery
  /// Gives the message up.
  func abandon()
}

/// A message that stands complete beside its mailbox.
package struct PreparedDelivery: Sendable {
  /// The name it has until it is delivered, different from all others.
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

/// A message that stands in its mailbox, on stable storage.
package struct Delivered: Sendable {
  /// The message as it stands there now.
  package let message: StoredMessage
  /// Whether the same message was there before, so that nothing was added.
  ///
  /// `message` has the flags of the one that was there.
  package let wasPresent: Bool
}

/// New flags for one message.
package struct FlagChange: Sendable {
  /// The message as the last scan or change left it.
  package let message: StoredMessage
  /// All flags that it is to have.
  package let flags: Flags

  /// Pairs a message with its new flags.
  package init(_ message: StoredMessage, _ flags: Flags) {
    self.message = message
    self.flags = flags
  }
}
