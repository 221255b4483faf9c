import Journals
import Mail
import Platform
import Stores

/// Copies messages into a mailbox of the archive and records them, a batch at a time.
///
/// Confined to one worker.
final class CopyMessages {
  /// A batch ends at this many messages or bytes, and is then delivered.
  private let batchMessages: Int
  private let batchBytes: Int64
  /// What was delivered is made durable and recorded when there is this much: a flush costs much.
  private static let flushMessages = 20_000
  private static let flushBytes: Int64 = 1 << 30

  private let source: any ReadableMailbox
  private let target: any Mailbox
  private let journal: ConvertJournal
  private let content: CopyContent
  private var taken: TakenNames
  private var lost: [ContentDigest: [String]]
  private var prepared: [Prepared] = []
  private var preparedBytes: Int64 = 0
  private var unflushed = 0
  private var unflushedBytes: Int64 = 0
  /// Messages and octets that are in the archive for good.
  private(set) var delivered = 0
  private(set) var deliveredBytes: Int64 = 0

  private struct Prepared {
    let delivery: PreparedDelivery
    let digest: ContentDigest
    let sourceSize: Int64
    let source: String?
  }

  /// - Parameters:
  ///   - source: where the messages are.
  ///   - target: where they go.
  ///   - journal: the target's.
  ///   - layout: that of the archive.
  ///   - content: copies one message after the other.
  ///   - taken: base names that no message may get, because others have them or had them.
  ///   - lost: base names of messages that the archive lost, by content: who has it gets the name.
  init(
    from source: any ReadableMailbox, to target: any Mailbox, journal: ConvertJournal,
    layout: ArchiveIdentity.Layout, content: CopyContent, taken: TakenNames,
    lost: [ContentDigest: [String]]
  ) {
    self.source = source
    self.target = target
    self.journal = journal
    self.content = content
    switch layout {
    // Each batch is flushed.
    case .maildir, .maildirPlusPlus:
      batchMessages = 5000
      batchBytes = Self.flushBytes
    // A batch is gathered in a spool first, which should not leave memory.
    case .mbox, .mboxGzip:
      batchMessages = 1000
      batchBytes = 64 << 20
    }
    self.taken = taken
    self.lost = lost
  }

  /// Messages and octets that were copied so far.
  var progress: (messages: Int, bytes: Int64) {
    (delivered + unflushed + prepared.count, deliveredBytes + unflushedBytes + preparedBytes)
  }

  /// Copies a message with these flags.
  ///
  /// - Throws: `SourceUnreadable`, with nothing done; what the archive and the journal throw.
  func copy(_ message: StoredMessage, flags: Flags) throws {
    let file: MessageFile
    let date: InternalDate
    do {
      file = try source.open(message)
      date = try source.internalDate(of: message)
    } catch {
      throw SourceUnreadable(cause: error)
    }
    let delivery = try target.beginDelivery()
    do {
      let copied = try content.run(message, file, to: delivery)
      let finished = try delivery.finish(
        name: name(of: message, copied, date), date: date, size: copied.size,
        wireSize: copied.wireSize, flags: flags)
      prepared.append(
        Prepared(
          delivery: finished, digest: copied.digest, sourceSize: copied.sourceSize,
          source: message.convertSource))
      preparedBytes += copied.wireSize
    } catch {
      delivery.abandon()
      throw error
    }
    if prepared.count >= batchMessages || preparedBytes >= batchBytes { try deliver() }
    if unflushed >= Self.flushMessages || unflushedBytes >= Self.flushBytes { try flush() }
  }

  /// The message keeps its base name if that is one of ours and free; a fetched one that was edited
  /// since keeps at least what it says of where it was fetched.
  private func name(
    of message: StoredMessage, _ copied: CopiedContent, _ date: InternalDate
  ) -> DeliveryName {
    // The date is a part of it.
    let prefix = lost.isEmpty ? "" : "\(date.epochSeconds)."
    if let index = lost[copied.digest]?.firstIndex(where: { $0.hasPrefix(prefix) }),
      let name = lost[copied.digest]?.remove(at: index)
    {
      taken.insert(name)
      return .kept(Array(name.utf8))
    }
    guard message.isOurs, taken.insert(message.baseName) else { return .new }
    if message.namedSize == copied.size, message.namedWireSize == copied.wireSize {
      return .kept(Array(message.baseName))
    }
    return DeliveryName(message.origin)
  }

  /// Makes all that was copied durable, and records it.
  func commit() throws {
    try deliver()
    try flush()
  }

  /// Gives up what was copied and is not delivered yet, so that it takes no room on a full disk.
  func discard() {
    target.discard(prepared.map(\.delivery))
    prepared = []
    preparedBytes = 0
  }

  private func deliver() throws {
    guard !prepared.isEmpty else { return }
    Checkpoint.pass("convert: before a batch")
    let batch = prepared
    // Whatever comes of it, nothing of the batch is left to be discarded.
    prepared = []
    let delivered = try target.commit(batch.map(\.delivery), durably: false)
    for (copy, delivered) in zip(batch, delivered) {
      journal.write(
        .converted(
          ConvertedMessage(
            name: delivered.message.source, digest: copy.digest, sourceSize: copy.sourceSize,
            source: copy.source ?? "", flags: copy.delivery.flags)))
    }
    unflushed += batch.count
    unflushedBytes += preparedBytes
    preparedBytes = 0
  }

  private func flush() throws {
    guard unflushed > 0 else { return }
    Checkpoint.pass("convert: before a flush")
    try target.flush()
    try journal.flush()
    delivered += unflushed
    deliveredBytes += unflushedBytes
    unflushed = 0
    unflushedBytes = 0
  }
}

/// Base names that are taken, as hashes: they are many.
struct TakenNames {
  private var hashes: Set<Int> = []

  /// Adds a name.
  ///
  /// - Returns: whether it was free.
  @discardableResult
  mutating func insert(_ name: ArraySlice<UInt8>) -> Bool {
    name.withUnsafeBytes { insert($0) }
  }

  /// Adds a name.
  mutating func insert(_ name: String) {
    var name = name
    _ = name.withUTF8 { insert(UnsafeRawBufferPointer($0)) }
  }

  private mutating func insert(_ name: UnsafeRawBufferPointer) -> Bool {
    var hasher = Hasher()
    hasher.combine(bytes: name)
    return hashes.insert(hasher.finalize()).inserted
  }
}
