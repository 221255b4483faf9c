package import Mail

/// Something that happened in the push into one target mailbox.
package enum PushEvent: Equatable, Sendable {
  /// The UIDs that follow are of this validity; those from before mean nothing any more, and the
  /// entries have to be matched anew.
  case validity(UIDValidity)
  /// The mailbox was found not to be the one it was: the entries have to be matched anew.
  case unbound
  case entry(IndexEntry)
  case batch(IntentBatch)
  /// An intent became an entry.
  case confirmed(batch: Int, item: Int, IndexEntry)
  /// An intent is known not to have arrived; it is sent again if it is still wanted.
  case void(batch: Int, item: Int)
  /// The server refused the message itself; it is not sent again on its own.
  case refused(ContentDigest, reason: String)
  case retried(ContentDigest)
  /// A message that the server refuses is about to be sent as this copy.
  case mended(MendedCopy)
  /// An intent is that of a mended copy; the archive's message has this digest.
  case instead(batch: Int, item: Int, of: ContentDigest)
  case flags(entry: Int, Flags)
  case gone(entry: Int)
  /// What the entry stood for was sent again, moved or removed; it no longer counts.
  case dropped(entry: Int)
  /// These entries' messages are about to be marked as deleted and removed, by mailarc itself.
  case removing([Int])
  /// The entry's message is marked as deleted and stays so, as the server can't remove single messages.
  case marked(entry: Int)
  /// The entry's message may be somebody else's copy: it is not removed.
  case kept(entry: Int)
  /// A gone entry's message came back, under this UID.
  case rebound(entry: Int, UID)
  /// Everything below this UID is an entry.
  case known(uidNext: UInt32)
  /// Messages of this mailbox are about to be moved to another one of the target.
  case moving(IntendedMove)
  /// The moves that were begun are over.
  case moved
}

/// The dedupe index of one target mailbox: the sum of its events.
package struct PushRecord: JournalSum, Equatable, Sendable {
  /// The first word of such a journal.
  package static let journalKind = "mailarc-push"

  /// That of the UIDs below; nil before the first push.
  package private(set) var uidValidity: UIDValidity?
  /// The entries, live and gone, by number.
  package private(set) var entries: [Int: IndexEntry] = [:]
  /// The batches with open intents, by number.
  package private(set) var batches: [Int: IntentBatch] = [:]
  /// Intents that had not arrived when they were looked for.
  package private(set) var voided: [ContentDigest: AppendIntent] = [:]
  /// The messages that the server refused, with its words.
  package private(set) var refused: [ContentDigest: String] = [:]
  private var mended: [ContentDigest: MendedCopy] = [:]
  /// Every message below this UID is an entry, or was when it was last looked at.
  package private(set) var knownUIDNext: UInt32 = 1
  /// A move to another mailbox of which it is not known how it ended.
  package private(set) var openMove: IntendedMove?
  /// Entries whose messages mailarc began to remove, and that may be there, marked, or gone.
  package private(set) var removing: Set<Int> = []
  /// Entries whose messages mailarc marked as deleted where it could do no more.
  package private(set) var marked: Set<Int> = []
  /// Copies that are there and still are to take the place of another one, by the new entry.
  package private(set) var replacements: [Int: ReplacedCopy] = [:]
  private var kept: Set<Int> = []
  // Entries up to this one were bound when the UIDs were forgotten.
  private var keptUpTo = 0
  /// The highest number given to an entry so far.
  package private(set) var lastEntry = 0
  /// The highest number given to a batch so far.
  package private(set) var lastBatch = 0

  package init() {}

  /// Whether something was begun of which it is not known how it ended.
  package var isUnsettled: Bool { !batches.isEmpty }

  /// The mended copies of that message of the archive that were sent, or were to be; shortest first.
  package func copies(of original: ContentDigest) -> [MendedCopy] {
    guard !mended.isEmpty else { return [] }
    return mended.values.filter { $0.original == original }
      .sorted { ($0.size, $0.sent.prefix) < ($1.size, $1.sent.prefix) }
  }

  /// The mended copy that stands for an entry's message; nil if it is there as it is.
  package func copy(of entry: IndexEntry) -> MendedCopy? {
    entry.digest.map(copies)?.first { $0.size == entry.size || $0.headerKey == entry.headerKey }
  }

  /// Whether that is the content of the entry's message, or of a mended copy that stands for it.
  package func isContent(_ digest: ContentDigest, of entry: IndexEntry) -> Bool {
    entry.digest == digest || mended[digest].map { $0.original == entry.digest } == true
  }

  /// Whether mailarc put the message there for sure, so that it may take it away again: it appended it,
  /// and the UIDs were not given anew since.
  package func isOwn(_ entry: IndexEntry) -> Bool {
    entry.origin == .pushed && entry.number > keptUpTo && !kept.contains(entry.number)
  }

  /// Entries whose messages are to go since there is a new copy of each.
  package var outdated: Set<Int> { Set(replacements.values.lazy.map(\.entry)) }

  /// Adds an event; one about an entry or intent that is not known changes nothing.
  package mutating func apply(_ event: PushEvent) {
    switch event {
    case .validity(let validity):
      guard validity != uidValidity else { return }
      uidValidity = validity
      unbind()
    case .unbound: unbind()
    case .entry(let entry): put(entry)
    case .batch(let batch):
      batches[batch.number] = batch
      lastBatch = max(lastBatch, batch.number)
    case .confirmed(let batch, let item, let entry):
      if let copy = batches[batch]?.replaced[item], let old = entries[copy.entry] {
        replacements[entry.number] = copy
        // A copy in place of somebody else's is treated as theirs.
        if !isOwn(old) { kept.insert(entry.number) }
      }
      close(batch, item)
      put(entry)
    case .void(let batch, let item):
      if let intent = batches[batch]?.open[item] { voided[intent.digest] = intent }
      close(batch, item)
    case .refused(let digest, let reason): refused[digest] = reason
    case .retried(let digest): refused[digest] = nil
    case .mended(let copy): mended[copy.sent] = copy
    case .instead(let batch, let item, let digest): batches[batch]?.open[item]?.original = digest
    case .flags(let number, let flags):
      entries[number]?.flags = flags
      if !flags.system.contains(.deleted) { unmark(number) }
    case .gone(let number): entries[number]?.isGone = true
    case .dropped(let number): drop(number)
    case .removing(let numbers): removing.formUnion(numbers.filter { entries[$0] != nil })
    case .marked(let number): if entries[number] != nil { marked.insert(number) }
    case .kept(let number): if entries[number] != nil { kept.insert(number) }
    case .rebound(let number, let uid):
      entries[number]?.uid = uid
      entries[number]?.isGone = false
    case .known(let uidNext): knownUIDNext = uidNext
    case .moving(let move): openMove = move
    case .moved: openMove = nil
    }
  }

  /// Forgets the UIDs, and what other people's mail was.
  ///
  /// What was pushed stays known, so that what was deleted on the target stays deleted. Open intents
  /// outlive it too: what they sent may be there all the same.
  private mutating func unbind() {
    for (number, entry) in entries {
      if entry.origin == .other { entries[number] = nil } else { entries[number]?.uid = nil }
    }
    knownUIDNext = 1
    // Under new UIDs what equals a message of ours may be another copy of it.
    keptUpTo = lastEntry
    kept = []
  }

  private mutating func unmark(_ number: Int) {
    removing.remove(number)
    marked.remove(number)
  }

  private mutating func drop(_ number: Int) {
    entries[number] = nil
    unmark(number)
    kept.remove(number)
    replacements[number] = nil
    // Of two copies one is left: nothing is replaced any more.
    for (new, copy) in replacements where copy.entry == number { replacements[new] = nil }
  }

  private mutating func put(_ entry: IndexEntry) {
    entries[entry.number] = entry
    lastEntry = max(lastEntry, entry.number)
  }

  private mutating func close(_ batch: Int, _ item: Int) {
    batches[batch]?.open[item] = nil
    if batches[batch]?.open.isEmpty == true { batches[batch] = nil }
  }
}
