import Journals
import Mail
import Platform
import Stores

/// Copies messages into a mailbox of the archive and records them: reads one while another thread writes
/// those before it.
///
/// Confined to one worker.
final class CopyMessages {
  private let source: any ReadableMailbox
  private let journal: ConvertJournal
  private let content: CopyContent
  private let writer: CopyWriter
  private var taken: BaseNames
  private var lost: [ContentDigest: [String]]
  private var copied = 0
  private var copiedBytes: Int64 = 0
  /// Messages and octets that are in the archive for good.
  private(set) var delivered = 0
  private(set) var deliveredBytes: Int64 = 0

  /// - Parameters:
  ///   - source: where the messages are.
  ///   - mailbox: where they go: one that the archive has.
  ///   - archive: the archive.
  ///   - journal: the mailbox's.
  ///   - content: copies one message after the other.
  ///   - taken: base names that no message may get, because others have them or had them.
  ///   - lost: base names of messages that the archive lost, by content: who has it gets the name.
  /// - Throws: `SystemError` if no thread can be had.
  init(
    from source: any ReadableMailbox, to mailbox: MailboxName, of archive: Archive,
    journal: ConvertJournal, content: CopyContent, taken: BaseNames,
    lost: [ContentDigest: [String]]
  ) throws {
    self.source = source
    self.journal = journal
    self.content = content
    self.taken = taken
    self.lost = lost
    writer = try CopyWriter(mailbox, of: archive, limits: Self.limits(archive.identity.layout))
  }

  private static func limits(_ layout: ArchiveIdentity.Layout) -> CopyWriter.Limits {
    // A flush costs much.
    let flushBytes: Int64 = 1 << 30
    return switch layout {
    // Each batch is flushed.
    case .maildir, .maildirPlusPlus:
      .init(
        batchMessages: 2500, batchBytes: flushBytes, flushMessages: 2500, flushBytes: flushBytes,
        deliversAlongside: true)
    // A batch is gathered in memory first.
    case .mbox, .mboxGzip:
      .init(
        batchMessages: 1000, batchBytes: 1 << 20, flushMessages: 8_000, flushBytes: flushBytes,
        deliversAlongside: false)
    }
  }

  /// Messages and octets that were copied so far.
  var progress: (messages: Int, bytes: Int64) { (copied, copiedBytes) }

  /// Copies a message with these flags.
  ///
  /// - Throws: `SourceUnreadable`, with nothing done; what the archive and the journal throw, which may
  ///   concern messages before it.
  func copy(_ message: StoredMessage, flags: Flags) throws {
    let file: MessageFile
    let date: InternalDate
    do {
      file = try source.open(message)
      date = try source.internalDate(of: message)
    } catch {
      throw SourceUnreadable(cause: error)
    }
    writer.begin()
    do {
      let found = try content.run(message, file) { writer.write($0) }
      writer.finish(
        .init(
          name: name(of: message, found, date), date: date, flags: flags, content: found,
          source: message.convertSource))
      copied += 1
      copiedBytes += found.written.wireSize
    } catch {
      writer.abandon()
      throw error
    }
    try record(try writer.takeWritten())
  }

  /// The message keeps its base name if that is one of ours and free; a fetched one that was edited
  /// since keeps at least what it says of where it was fetched.
  private func name(
    of message: StoredMessage, _ copied: CopiedContent, _ date: InternalDate
  ) -> DeliveryName {
    // The date is a part of it.
    let prefix = lost.isEmpty ? "" : "\(date.epochSeconds)."
    if let index = lost[copied.written.digest]?.firstIndex(where: { $0.hasPrefix(prefix) }),
      let name = lost[copied.written.digest]?.remove(at: index)
    {
      taken.insert(name)
      return .kept(Array(name.utf8))
    }
    guard message.isOurs, taken.insert(message) else { return .new }
    if message.namedSize == copied.written.size,
      message.namedWireSize == copied.written.wireSize
    {
      return .kept(Array(message.baseName))
    }
    return DeliveryName(message.origin)
  }

  /// Makes all that was copied durable, and records it.
  func commit() throws {
    writer.commit()
    try record(try writer.takeWritten())
    // What came of those before a failure is recorded first.
    _ = try writer.takeWritten()
  }

  /// Gives up what was copied and is not delivered yet, so that it takes no room on a full disk.
  func discard() { writer.end() }

  private func record(_ written: [CopyWriter.Written]) throws {
    guard !written.isEmpty else { return }
    for copy in written {
      journal.write(
        .converted(
          ConvertedMessage(
            name: copy.name, digest: copy.content.written.digest,
            sourceSize: copy.content.sourceSize, source: copy.source ?? "",
            flags: copy.flags)))
      deliveredBytes += copy.content.written.wireSize
    }
    try journal.flush()
    delivered += written.count
  }
}
