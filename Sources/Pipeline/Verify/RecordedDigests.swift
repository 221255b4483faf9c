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
final class ConvertedMessages: DigestRecords {
  private(set) var messages: [String: ConvertedMessage] = [:]

  /// The contents of messages that may have been incomplete already when they came.
  private(set) var incomplete: Set<ContentDigest> = []

  /// Takes the record of one mailbox.
  func add(_ record: ConvertRecord) {
    incomplete.formUnion(record.incomplete)
    messages.merge(record.messages) { first, _ in first }
  }

  func record(of message: StoredMessage) -> RecordedMessage? {
    messages[message.source].map {
      RecordedMessage(digest: $0.digest, size: nil, date: nil)
    }
  }
}
