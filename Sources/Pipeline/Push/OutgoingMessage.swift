import Clients
import Journals
import Mail

/// A message that is about to be appended.
struct OutgoingMessage {
  /// A copy that is sent instead of what the target refused.
  struct Mended {
    let copy: MendedCopy
    /// The digests of this copy and of those before it.
    let tried: [ContentDigest]
  }

  let place: Int
  /// Of what is sent.
  let content: MessageContent
  var flags: Flags
  var internalDate: InternalDate?
  let source: String
  var mended: Mended?
  /// What is to be told of it once it is known what became of it.
  private(set) var notices: [(kind: Notice.Kind, text: String)] = []
  private var reducedFrom: (flags: Flags, internalDate: InternalDate?)?

  init(
    place: Int, content: MessageContent, flags: Flags, internalDate: InternalDate?, source: String,
    mended: Mended? = nil
  ) {
    self.place = place
    self.content = content
    self.flags = flags
    self.internalDate = internalDate
    self.source = source
    self.mended = mended
  }

  /// The digest of the archive's message.
  var original: ContentDigest { mended?.copy.original ?? content.digest }

  /// The flags and the date that it had before some of them were refused.
  var whole: (flags: Flags, internalDate: InternalDate?) {
    reducedFrom ?? (flags, internalDate)
  }

  var intent: AppendIntent {
    AppendIntent(
      digest: content.digest, headerKey: content.headerKey, size: content.size, flags: flags,
      source: source)
  }

  /// The message without what may be the reason why it was refused, and what has to be told of that.
  func reduced(
    _ kind: Notice.Kind, _ text: String, _ change: (inout OutgoingMessage) -> Void
  ) -> OutgoingMessage {
    var result = self
    result.reducedFrom = whole
    result.notices.append((kind, text))
    change(&result)
    return result
  }

  /// What is handed to the connection.
  ///
  /// - Parameters:
  ///   - side: where the message is.
  ///   - takesNUL: whether the server takes a literal8 (BINARY, RFC 3516).
  /// - Returns: flags, date, and how to write what is sent.
  func item(_ side: ArchiveSide, takesNUL: Bool) -> AppendItem {
    let message = side.messages[place]
    let mailbox = side.mailboxes[message.mailbox]
    let scratch = side.digester.scratch
    let mends = mended.map { Set($0.copy.mends.keys) }
    return AppendItem(
      flags: flags, internalDate: internalDate, size: UInt64(content.size),
      isLiteral8: content.hasNUL && takesNUL,
      write: { body in
        let wire = try WireMessage(message.stored, in: mailbox, scratch: scratch)
        guard let mends else { return try wire.forEachChunk(body) }
        try MendedMessage(wire, mends).forEachChunk(body)
      })
  }
}

extension PushJournal {
  /// Writes that these messages are about to be appended, and which of them are mended copies.
  func append(_ batch: IntentBatch, of messages: [OutgoingMessage]) {
    for copy in messages.compactMap(\.mended?.copy) { append(.mended(copy)) }
    append(.batch(batch))
    for (item, message) in messages.enumerated() where message.mended != nil {
      append(.instead(batch: batch.number, item: item, of: message.original))
    }
  }
}

/// A message is larger than the target said that it takes.
struct TooLarge: Error, CustomStringConvertible {
  let size: Int64
  let largest: UInt64

  var description: String {
    "it has \(size) octets, and the server takes at most \(largest) (APPENDLIMIT)"
  }
}
