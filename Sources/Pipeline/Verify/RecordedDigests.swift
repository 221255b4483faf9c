import Journals
import Mail
import Platform
import Stores

/// What was recorded of a message when it came into the archive.
struct RecordedMessage: Sendable, Equatable {
  /// Of the wire form.
  let digest: ContentDigest
  /// Octets of the wire form; nil where only its name tells them.
  let size: Int64?
  /// Its internal date; nil where only its name tells it.
  let date: InternalDate?
}

/// A journal that knows what messages were when they came.
protocol DigestRecords {
  /// What it recorded of a message, by its file name; nil where it knows nothing.
  func record(of message: StoredMessage) -> RecordedMessage?
}

/// All that was recorded of messages when they came, whatever brought them.
struct RecordedDigests {
  /// The first that knows a message is believed.
  let sources: [any DigestRecords]

  /// What was recorded of a message; nil where nothing was.
  func record(of message: StoredMessage) -> RecordedMessage? {
    for source in sources {
      if let record = source.record(of: message) { return record }
    }
    return nil
  }
}

/// What the pulls of all source mailboxes recorded, by the origin in a file's name.
final class PulledMessages: DigestRecords {
  private(set) var records: [MailboxKey: PullRecord] = [:]

  /// Takes the record of one source mailbox.
  func add(_ record: PullRecord, of key: MailboxKey) { records[key] = record }

  func record(of message: StoredMessage) -> RecordedMessage? {
    guard let origin = message.origin, let record = records[origin.mailboxKey] else { return nil }
    let held =
      origin.uidValidity == record.uidValidity
      ? record.messages[origin.uid]
      : origin.uidValidity == record.formerValidity ? record.former[origin.uid] : nil
    return held.map {
      RecordedMessage(digest: $0.digest, size: $0.size, date: $0.internalDate)
    }
  }
}

/// What conversions recorded, by the base name that a file got.
///
/// Of the names only hashes are kept; whoever wants the names has the journals read again.
final class ConvertedMessages: DigestRecords {
  private var places: [BaseNameHash: Int32] = [:]
  private var digests: [ContentDigest] = []
  private var deleted: Set<BaseNameHash> = []
  private var journals: [(directory: Directory, key: String)] = []
  /// The contents of messages that may have been incomplete already when they came.
  private(set) var incomplete: Set<ContentDigest> = []

  /// Takes what the journal of one mailbox says.
  ///
  /// - Throws: `JournalError`.
  func add(journal key: String, in directory: Directory) throws(JournalError) {
    journals.append((directory, key))
    try ConvertJournal.forEachEvent(in: directory, key: key) { event in
      switch event {
      case .converted(let message): add(message)
      case .deleted(let name): deleted.insert(BaseNameHash(name))
      case .incomplete(let digest): incomplete.insert(digest)
      case .flags, .home: break
      }
    }
  }

  private func add(_ message: ConvertedMessage) {
    let hash = BaseNameHash(message.name)
    deleted.remove(hash)
    if let place = places[hash] {
      digests[Int(place)] = message.digest
    } else {
      places[hash] = Int32(digests.count)
      digests.append(message.digest)
    }
  }

  func record(of message: StoredMessage) -> RecordedMessage? {
    places[BaseNameHash(of: message)].map {
      RecordedMessage(digest: digests[Int($0)], size: nil, date: nil)
    }
  }

  /// What is recorded, and neither there nor deleted by hand, in the order of the names.
  ///
  /// - Throws: `JournalError`.
  func missing(
    from present: BaseNames
  ) throws(JournalError) -> [(name: String, digest: ContentDigest)] {
    let lost = Set(places.keys.filter { !deleted.contains($0) && !present.contains($0) })
    guard !lost.isEmpty else { return [] }
    var found: [String: ContentDigest] = [:]
    for (directory, key) in journals {
      try ConvertJournal.forEachEvent(in: directory, key: key) { event in
        if case .converted(let message) = event, lost.contains(BaseNameHash(message.name)) {
          found[message.name] = message.digest
        }
      }
    }
    return found.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}
