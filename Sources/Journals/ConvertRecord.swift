package import Mail

/// A message that a conversion took over.
package struct ConvertedMessage: Equatable, Sendable {
  /// The base name that it got.
  package let name: String
  /// Of its wire form.
  package let digest: ContentDigest
  /// Bytes of the content as the source has it.
  package let sourceSize: Int64
  /// The base name that it has at the source; empty where that does not tell it from others.
  package let source: String
  /// The flags that the source had when they were last merged.
  package var flags: Flags
  /// Whether somebody deleted it in the archive.
  package var isDeleted = false

  package init(
    name: String, digest: ContentDigest, sourceSize: Int64, source: String, flags: Flags
  ) {
    self.name = name
    self.digest = digest
    self.sourceSize = sourceSize
    self.source = source
    self.flags = flags
  }
}

/// Something that happened in the conversion into one mailbox.
package enum ConvertEvent: Equatable, Sendable {
  /// The message is in the mailbox; one of a name that is known replaces what was known.
  case converted(ConvertedMessage)
  /// These flags of the source were merged into the message of that name.
  case flags(name: String, Flags)
  /// Somebody deleted the message of that name in the archive.
  case deleted(name: String)
  /// The mailbox is kept there; in words of its store.
  case home(String)
  /// The message of that content may be incomplete: the file that it came from was damaged behind it.
  case incomplete(ContentDigest)
}

/// What was converted into one mailbox: the sum of its events.
package struct ConvertRecord: JournalSum, Equatable, Sendable {
  /// The first word of such a journal.
  package static let journalKind = "mailarc-convert"

  /// What was converted, whatever became of it since, by its name.
  package private(set) var messages: [String: ConvertedMessage] = [:]
  /// Where the mailbox was kept when the last conversion ended; nil before.
  package private(set) var home: String?
  /// The contents of messages that may be incomplete.
  package private(set) var incomplete: Set<ContentDigest> = []

  package init() {}

  /// Adds an event; what it says of a message that is not known changes nothing.
  package mutating func apply(_ event: ConvertEvent) {
    switch event {
    case .converted(var message):
      message.isDeleted = false
      messages[message.name] = message
    case .flags(let name, let flags): messages[name]?.flags = flags
    case .deleted(let name): messages[name]?.isDeleted = true
    case .home(let home): self.home = home
    case .incomplete(let digest): incomplete.insert(digest)
    }
  }

  /// The record of those messages alone for which that is true.
  package func keeping(_ isKept: (ConvertedMessage) -> Bool) -> Self {
    var kept = self
    kept.messages = messages.filter { isKept($0.value) }
    return kept
  }
}

extension ConvertEvent: JournalEvent {
  /// Reads a record; nil for kinds of a later version and for fields that are none.
  package init?(_ record: JournalRecord) {
    var reader = FieldReader(record)
    switch record.kind {
    case "converted":
      guard let name = reader.text(), let digest = reader.digest(),
        let size: Int64 = reader.number(), let source = reader.text()
      else { return nil }
      self = .converted(
        ConvertedMessage(
          name: name, digest: digest, sourceSize: size,
          // Equal most times, and then kept in memory once.
          source: source == name ? name : source, flags: reader.flags()))
    case "flags":
      guard let name = reader.text() else { return nil }
      self = .flags(name: name, reader.flags())
    case "deleted":
      guard let name = reader.text() else { return nil }
      self = .deleted(name: name)
    case "home":
      guard let home = reader.text() else { return nil }
      self = .home(home)
    case "incomplete":
      guard let digest = reader.digest() else { return nil }
      self = .incomplete(digest)
    default: return nil
    }
  }

  /// The record that `init(_:)` reads.
  package var journalRecord: JournalRecord {
    switch self {
    case .converted(let message):
      JournalRecord(
        "converted",
        [message.name, "\(message.digest)", "\(message.sourceSize)", message.source]
          + message.flags.journalFields)
    case .flags(let name, let flags): JournalRecord("flags", [name] + flags.journalFields)
    case .deleted(let name): JournalRecord("deleted", [name])
    case .home(let home): JournalRecord("home", [home])
    case .incomplete(let digest): JournalRecord("incomplete", ["\(digest)"])
    }
  }
}
