import Journals
import Mail
import Stores

/// The archive's mailboxes that go into one mailbox of the target.
///
/// Confined to one worker.
final class ArchiveSide {
  let mailboxes: [any ReadableMailbox]
  let digester = DigestMessages()
  private(set) var messages: [ArchiveMessage] = []
  /// How many of the messages have a header key with a size.
  private(set) var keyCounts: [MatchMessages.KeyAndSize: Int] = [:]
  private var bySource: [String: Int] = [:]
  /// The mended copies that were sent of a message, as the index has them.
  var copies: (ContentDigest) -> [MendedCopy] = { _ in [] }
  /// Whether everything in the mailboxes could be read.
  private(set) var isWhole = true

  init(_ sources: [MailboxPlace], in mail: any MailSource) throws(StoreError) {
    var mailboxes: [any ReadableMailbox] = []
    for source in sources { mailboxes.append(try mail.mailbox(at: source)) }
    self.mailboxes = mailboxes
  }

  /// What tells that nothing changed here; empty where that can't be told yet.
  ///
  /// - Parameter recording: whether the stamp is to be kept, and so must be old enough.
  /// - Returns: the stamps of all mailboxes, in the order of `mailboxes`.
  /// - Throws: `StoreError.system`.
  func stamp(recording: Bool) throws(StoreError) -> String {
    if mailboxes.isEmpty { return Self.noMailbox }
    var parts: [String] = []
    for mailbox in mailboxes {
      guard let stamp = try recording ? mailbox.stamp() : mailbox.currentStamp() else { return "" }
      parts.append(stamp.description)
    }
    return parts.joined(separator: ";")
  }

  private static let noMailbox = "none"

  /// Lists the messages.
  func scan(_ context: PushContext, index: PushRecord, _ reporter: PushReporter) throws {
    isWhole = true
    messages = try ScanArchive(
      mailboxes: mailboxes, pulled: context.pulled, stray: context.stray, digester: digester,
      known: index.digestsBySource, full: context.options.full
    ) { [self] path, error in
      isWhole = false
      reporter.fail(path, "\(error)", advice: nil)
    }.run()
    for (place, mailbox) in mailboxes.enumerated() where !mailbox.damage.isEmpty {
      let stored = messages.filter { $0.mailbox == place }.map(\.stored)
      if let incomplete = IncompleteMessage(in: mailbox, among: stored) {
        reporter.incomplete(incomplete)
      }
    }
    keyCounts = countKeys()
    bySource = Dictionary(
      messages.enumerated().map { ($1.source, $0) }, uniquingKeysWith: { first, _ in first })
  }

  private func countKeys() -> [MatchMessages.KeyAndSize: Int] {
    var counts: [MatchMessages.KeyAndSize: Int] = [:]
    for message in messages { counts[.init(message.headerKey, message.size), default: 0] += 1 }
    return counts
  }

  func path(of message: ArchiveMessage) -> String {
    mailboxes[message.mailbox].path(of: message.stored)
  }

  /// The path of the message of that name; the name alone where it is gone.
  func path(ofSource source: String) -> String {
    bySource[source].map { path(of: messages[$0]) } ?? source
  }

  /// The internal date of the message with that content; nil where there is none.
  func internalDate(of digest: ContentDigest) throws(StoreError) -> InternalDate? {
    guard let message = messages.first(where: { $0.digest == digest }) else { return nil }
    return try mailboxes[message.mailbox].internalDate(of: message.stored)
  }

  /// A mended copy of the message at that place.
  func mended(_ place: Int, _ mends: Set<Mend>) throws -> MendedMessage {
    let message = messages[place]
    let wire = try WireMessage(
      message.stored, in: mailboxes[message.mailbox], scratch: digester.scratch)
    return try MendedMessage(wire, mends)
  }

  /// The forms in which a server may keep a message, by its name; none where it is gone.
  func tolerated(_ source: String, passesTrace: Bool) throws -> [ContentDigest] {
    guard let place = bySource[source] else { return [] }
    let message = messages[place]
    return try digester.tolerated(
      message.stored, in: mailboxes[message.mailbox], copies: copies(message.digest),
      passesTrace: passesTrace)
  }
}

extension PushRecord {
  /// What the index knows of files by their names.
  var digestsBySource: [String: ContentDigest] {
    Dictionary(
      entries.values.compactMap { entry in
        entry.source.isEmpty ? nil : entry.digest.map { (entry.source, $0) }
      }, uniquingKeysWith: { first, _ in first })
  }
}
