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
  ///   - names: choose what messages are called.
  /// - Throws: `SystemError` if no thread can be had.
  init(
    from source: any ReadableMailbox, to mailbox: MailboxName, of archive: Archive,
    journal: ConvertJournal, content: CopyContent, names: CopyNames
  ) throws {
    self.source = source
    self.journal = journal
    self.content = content
    writer = try CopyWriter(
      mailbox, of: archive, names: names, limits: Self.limits(archive.identity.layout))
  }

  private static func limits(_ layout: ArchiveIdentity.Layout) -> CopyWriter.Limits {
    // A flush costs much.
    let flushBytes: Int64 = 1 << 30
    switch layout {
    // Each batch is flushed.
    case .maildir, .maildirPlusPlus:
      let messages = batchMessages(2500)
      return .init(
        batchMessages: messages, batchBytes: flushBytes, flushMessages: messages,
        flushBytes: flushBytes, deliversAlongside: true)
    // A batch is gathered in memory first.
    case .mbox, .mboxGzip:
      let messages = batchMessages(1000)
      return .init(
        batchMessages: messages, batchBytes: 1 << 20, flushMessages: 8 * messages,
        flushBytes: flushBytes, deliversAlongside: false)
    }
  }

  /// Tests that stop a conversion at each of many steps have few messages, but need many batches.
  private static func batchMessages(_ usual: Int) -> Int {
    #if DEBUG
      if let text = Environment.value("MAILARC_BATCH_MESSAGES"), let value = Int(text), value > 0 {
        return value
      }
    #endif
    return usual
  }

  /// Messages that were copied so far, and bytes that were read of them.
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
      let size = try content.run(message, file) { writer.write($0) }
      writer.finish(
        .init(
          message: message, date: date, flags: flags, sourceSize: size,
          source: message.convertSource))
      copied += 1
      copiedBytes += size
    } catch {
      writer.abandon()
      throw error
    }
    try record(try writer.takeWritten())
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
            name: copy.name, digest: copy.content.digest, sourceSize: copy.sourceSize,
            source: copy.source ?? "",
            flags: copy.flags)))
      deliveredBytes += copy.content.wireSize
    }
    try journal.flush()
    delivered += written.count
  }
}
