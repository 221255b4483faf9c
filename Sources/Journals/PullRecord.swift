package import Mail

/// A message that was fetched from a source mailbox.
package struct HeldMessage: Equatable, Sendable {
  /// What became of it since.
  package enum Fate: String, Sendable {
    /// It is at the source, and in the archive as far as mailarc knows.
    case held
    /// It is gone at the source; the archive keeps it.
    case gone
    /// It was deleted by hand in the archive, and is not fetched again.
    case deleted
    /// It was found moved at the source; the archive has it where it went.
    case moved
    /// It is gone at the source, and was deleted by hand in the archive.
    case removed
    /// It is gone at the source, and was put into the archive's trash.
    case trashed
    /// It is gone at the source, and was taken back out of the trash: the archive keeps it for good.
    case restored

    /// Whether the archive is to have it.
    package var isInArchive: Bool {
      switch self {
      case .held, .gone, .restored: true
      case .deleted, .moved, .removed, .trashed: false
      }
    }

    /// Whether it is the archive's alone.
    package var isOnlyInArchive: Bool { self == .gone || self == .restored }
  }

  /// Its UID at the source, under the journal's UIDVALIDITY.
  package let uid: UID
  /// Of the bytes as they were fetched.
  package let digest: ContentDigest
  /// Octets of the wire form.
  package let size: Int64
  /// As the source gave it.
  package let internalDate: InternalDate
  /// Of the header as it was fetched.
  package let headerKey: HeaderKey
  /// The flags the source had when they were last merged; nil where that is not known.
  package var flags: Flags?
  /// Where it is now, as far as the last run saw.
  package var fate: Fate
  /// The run that recorded it.
  package let run: Int

  package init(
    uid: UID, digest: ContentDigest, size: Int64, internalDate: InternalDate,
    headerKey: HeaderKey, flags: Flags?, fate: Fate, run: Int
  ) {
    self.uid = uid
    self.digest = digest
    self.size = size
    self.internalDate = internalDate
    self.headerKey = headerKey
    self.flags = flags
    self.fate = fate
    self.run = run
  }
}

/// Something that happened in the pull of one source mailbox.
package enum PullEvent: Equatable, Sendable {
  /// The UIDs that follow are of this validity; those before mean nothing any more.
  case validity(UIDValidity)
  /// What was held under the UIDValidity before was matched with what the mailbox has now; what is
  /// left of it is at the source no longer.
  case rematched
  case held(HeldMessage)
  case flags(UID, Flags)
  case fate(UID, HeldMessage.Fate)
  /// The message could not be fetched; it is tried again in each run until it is held.
  case failed(UID, reason: String)
  /// The failed message is no longer at the source.
  case forgotten(UID)
  /// What the POP3 server calls the message to which mailarc gave this UID.
  case maildrop(UID, MaildropMessage)
}

/// What is known of one source mailbox: the sum of its events.
package struct PullRecord: JournalSum, Equatable, Sendable {
  /// The first word of such a journal.
  package static let journalKind = "mailarc-pull"

  /// That of the UIDs below; nil before the first pull.
  package private(set) var uidValidity: UIDValidity?
  /// What was fetched, whatever became of it, by UID.
  package private(set) var messages: [UID: HeldMessage] = [:]
  /// What could not be fetched and why, by UID.
  package private(set) var failed: [UID: String] = [:]
  /// What was held when the UIDValidity changed, as long as it has to be matched again.
  package private(set) var former: [UID: HeldMessage] = [:]
  /// The UIDVALIDITY of `former`; nil where there is none.
  package private(set) var formerValidity: UIDValidity?
  /// What is known of the messages of a POP3 server, held or to be fetched, by the UID that mailarc gave them.
  package private(set) var maildrop: [UID: MaildropMessage] = [:]
  /// Whether files of another UIDValidity may still be messages that the mailbox has now.
  package private(set) var awaitsRematch = true

  package init() {}

  /// Those of `former` that were not matched with what is held by now.
  private var unmatchedFormer: [UID: HeldMessage] {
    var matched: [MatchedMessage: Int] = [:]
    for message in messages.values { matched[MatchedMessage(message), default: 0] += 1 }
    return former.sorted { $0.key < $1.key }.reduce(into: [:]) { rest, one in
      let key = MatchedMessage(one.value)
      if let count = matched[key], count > 0 {
        matched[key] = count - 1
      } else {
        rest[one.key] = one.value
      }
    }
  }

  /// Adds an event; one about a message that is not known changes nothing.
  package mutating func apply(_ event: PullEvent) {
    switch event {
    case .validity(let validity):
      guard validity != uidValidity else { return }
      // A second change before the first was dealt with: the UIDs of then mean nothing any more, unless it
      // was a pull over POP3 that came in between.
      let back = validity == formerValidity && uidValidity == .maildrop ? unmatchedFormer : [:]
      former = messages
      formerValidity = uidValidity
      awaitsRematch = true
      uidValidity = validity
      messages = back
      failed = [:]
      maildrop = [:]
    case .rematched:
      former = [:]
      formerValidity = nil
      awaitsRematch = false
    case .held(let message):
      messages[message.uid] = message
      failed[message.uid] = nil
    case .flags(let uid, let flags): messages[uid]?.flags = flags
    case .fate(let uid, let fate): messages[uid]?.fate = fate
    case .failed(let uid, let reason): failed[uid] = reason
    case .forgotten(let uid):
      failed[uid] = nil
      if messages[uid] == nil { maildrop[uid] = nil }
    case .maildrop(let uid, let message): maildrop[uid] = message
    }
  }
}

/// By what a message is known that was held under another UIDVALIDITY before: its content, and the run that
/// fetched it.
package struct MatchedMessage: Hashable, Sendable {
  private let digest: ContentDigest
  private let run: Int

  package init(_ message: HeldMessage) { (digest, run) = (message.digest, message.run) }
}
