package import Mail

/// What tells a delivered message from all others, and its place among them.
package enum DeliveryName: Hashable, Sendable {
  /// It was fetched there.
  case fetched(MessageOrigin)
  /// It came from a file: behind all those of this kind that are there.
  case new
  /// It has this base name elsewhere, one of mailarc's, and keeps it.
  case kept([UInt8])

  /// The origin, or `new` for a message that has none.
  package init(_ origin: MessageOrigin?) { self = origin.map { .fetched($0) } ?? .new }
}

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
  ///   - name: what it is called.
  ///   - date: its internal date.
  ///   - modified: when somebody wrote its file elsewhere, which a file here says too; nil if nobody did.
  ///   - content: what was written.
  ///   - flags: its flags at the source.
  /// - Returns: the message, complete and not delivered yet.
  /// - Throws: `system`; the message is abandoned then.
  func finish(
    name: DeliveryName, date: InternalDate, modified: InternalDate?, content: WrittenContent,
    flags: Flags
  ) throws(StoreError) -> PreparedDelivery
  /// Gives the message up.
  func abandon()
}

extension Delivery {
  /// Ends a message whose file nobody wrote since it came.
  package func finish(
    name: DeliveryName, date: InternalDate, content: WrittenContent, flags: Flags
  ) throws(StoreError) -> PreparedDelivery {
    try finish(name: name, date: date, modified: nil, content: content, flags: flags)
  }

  /// Ends a message that was fetched, or that came from a file if there is no origin.
  package func finish(
    origin: MessageOrigin?, date: InternalDate, content: WrittenContent, flags: Flags
  ) throws(StoreError) -> PreparedDelivery {
    try finish(name: DeliveryName(origin), date: date, content: content, flags: flags)
  }
}

/// A message that stands complete beside its mailbox.
package struct PreparedDelivery: Sendable {
  /// The name it has until it is delivered, different from all others.
  let temporaryName: [UInt8]
  /// What it is called.
  let name: DeliveryName
  /// What it is called if it is new: a number above those of all earlier ones.
  let number: UInt64
  /// Its internal date.
  package let date: InternalDate
  /// What was written.
  package let content: WrittenContent
  /// The flags to deliver it with.
  package let flags: Flags
  /// Whether its content is on stable storage: else `commit` sees to that.
  var isFlushed = false

  /// The base name to deliver it under, with a number that tells it from others; 0 for the first.
  func baseName(distinguishedBy duplicate: Int) -> [UInt8] {
    let unique: [UInt8]
    switch name {
    case .kept(let base):
      return duplicate == 0 ? base : MaildirName(base).base(distinguishedBy: duplicate)
    case .fetched(let origin): unique = MaildirName.originPart(origin)
    case .new: unique = MaildirName.numberPart(number)
    }
    return MaildirName.base(
      date: date, unique: unique, duplicate: duplicate, size: content.size,
      wireSize: content.wireSize)
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
