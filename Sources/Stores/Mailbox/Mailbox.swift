package import Mail

/// A mailbox on disk whose messages can be read.
///
/// An object belongs to one thread at a time; other threads may have their own for the same mailbox.
package protocol ReadableMailbox: AnyObject {
  /// The mailbox's name.
  var name: MailboxName { get }
  /// Where the mailbox is, for messages.
  var path: String { get }
  /// What the last scan could not read though it holds mail, or held some.
  var damage: [StoreError] { get }

  /// All messages, in their order.
  ///
  /// - Throws: `unreadable` if the mailbox changes so fast that the list can't be trusted, `damaged`,
  ///   `system`. A list that is returned is complete, but for what `damage` says.
  func scan() throws(StoreError) -> [StoredMessage]
  /// Opens a message for reading, also if another program changed its flags since the scan.
  ///
  /// - Throws: `notFound` if it is gone, `unreadable` if it can't be told any more where it is,
  ///   `system`.
  func open(_ message: StoredMessage) throws(StoreError) -> MessageFile
  /// When the message came into its mailbox, as far as files tell.
  ///
  /// - Throws: `notFound` if it is gone, `system`.
  func internalDate(of message: StoredMessage) throws(StoreError) -> InternalDate
  /// Where a message is, for messages to the user.
  func path(of message: StoredMessage) -> String
  /// The stamp as it is now, to compare with one that `stamp()` gave.
  ///
  /// - Throws: `system`.
  func currentStamp() throws(StoreError) -> MailboxStamp
  /// The stamp to record with what was read before; nil if it can't be relied on: something changed
  /// in the last two seconds, or the mailbox is open for reading only.
  ///
  /// - Throws: `system`.
  func stamp() throws(StoreError) -> MailboxStamp?
  /// In one line: as what the mailbox is read, and why.
  ///
  /// - Throws: what a scan throws.
  func explanation() throws(StoreError) -> String
}

/// A message and where its source has it now.
package struct MoveOrder: Sendable {
  /// The message as the last scan or change left it.
  package let message: StoredMessage
  /// What its name is to say of its source; nil keeps the name.
  package let origin: MessageOrigin?
  /// What is known of a message whose name does not say it; nil where the name does, or is kept.
  package let facts: MessageFacts?

  /// Pairs a message with its new origin.
  package init(_ message: StoredMessage, origin: MessageOrigin?, facts: MessageFacts? = nil) {
    self.message = message
    self.origin = origin
    self.facts = facts
  }
}

/// What a name of mailarc's says of a message besides its origin.
package struct MessageFacts: Sendable {
  /// The internal date.
  package let date: InternalDate
  /// Bytes on disk, where its line ends have to be LF.
  package let size: Int64
  /// Bytes of the wire form.
  package let wireSize: Int64

  /// Puts the parts together.
  package init(date: InternalDate, size: Int64, wireSize: Int64) {
    self.date = date
    self.size = size
    self.wireSize = wireSize
  }
}

/// A mailbox of an archive, whatever its layout.
package protocol Mailbox: ReadableMailbox {
  /// What tells this mailbox's place from another one of the same name, such as a restored copy: one
  /// word.
  ///
  /// - Throws: `system`.
  func identity() throws(StoreError) -> String
  /// Begins to write a message.
  ///
  /// - Parameter startsWriteback: whether the disk is to begin with it as soon as it is finished. Not
  ///   where others are committed at the same time: that would hold up the writing for as long.
  /// - Returns: takes the message.
  /// - Throws: `system`.
  func beginDelivery(startsWriteback: Bool) throws(StoreError) -> any Delivery
  /// Makes the content of messages durable that are to be delivered, where that takes a time of its own:
  /// this may be done by another object of the same mailbox, while `commit` delivers those before.
  ///
  /// - Throws: `system`; then they are not delivered yet.
  func flush(_ prepared: inout [PreparedDelivery]) throws(StoreError)
  /// Delivers messages that were written.
  ///
  /// A message whose base name is there with the same content is not added; with other content it
  /// gets a number.
  /// - Parameters:
  ///   - prepared: the messages.
  ///   - durably: whether they are on stable storage when it returns. If not, they are after the next
  ///     `flush()` or durable commit, and a crash before may leave some, but none in parts: a file of a
  ///     Maildir does not get its name before its content is safe.
  /// - Returns: what became of each, in the order given.
  /// - Throws: `system`, `damaged`, `unreadable`. Then some may be delivered; the rest is discarded.
  func commit(_ prepared: [PreparedDelivery], durably: Bool) throws(StoreError) -> [Delivered]
  /// Gives up messages that were finished and are not to be delivered.
  func discard(_ prepared: [PreparedDelivery])
  /// Sets the flags of messages; durable after `flush()`.
  ///
  /// - Returns: the messages as they are now, in the order given.
  /// - Throws: `notFound` if one is gone or changed since the scan, `system`; the changes before it may
  ///   be made.
  func setFlags(_ changes: [FlagChange]) throws(StoreError) -> [StoredMessage]
  /// Moves messages into another mailbox of the archive, or gives them another origin in this one,
  /// with their flags; none is ever taken for one that is there. Both mailboxes are flushed.
  ///
  /// - Returns: the messages in the other mailbox, in the order given.
  /// - Throws: `notFound` if one is gone or changed since the scan, `system`.
  func move(_ orders: [MoveOrder], to other: any Mailbox) throws(StoreError) -> [StoredMessage]
  /// Removes messages; durable after `flush()`.
  ///
  /// - Throws: `notFound` if one is gone or changed since the scan, `system`.
  func remove(_ messages: [StoredMessage]) throws(StoreError)
  /// Returns when all changes are on stable storage.
  ///
  /// - Throws: `system`.
  func flush() throws(StoreError)
}

extension Mailbox {
  /// Nothing: `commit` does all.
  package func flush(_ prepared: inout [PreparedDelivery]) throws(StoreError) {}

  /// Delivers messages; when it returns, they are on stable storage.
  package func commit(_ prepared: [PreparedDelivery]) throws(StoreError) -> [Delivered] {
    try commit(prepared, durably: true)
  }

  /// Sets one message's flags.
  package func setFlags(
    _ flags: Flags, of message: StoredMessage
  ) throws(StoreError) -> StoredMessage {
    try setFlags([FlagChange(message, flags)]).first ?? message
  }

  /// Moves one message.
  package func move(
    _ message: StoredMessage, to other: any Mailbox, origin: MessageOrigin?
  ) throws(StoreError) -> StoredMessage {
    try move([MoveOrder(message, origin: origin)], to: other).first ?? message
  }
}

extension Mailbox {
  /// Begins to write a message, for which the disk begins to work as soon as it is finished.
  ///
  /// - Returns: takes the message.
  /// - Throws: `system`.
  package func beginDelivery() throws(StoreError) -> any Delivery {
    try beginDelivery(startsWriteback: true)
  }
}
