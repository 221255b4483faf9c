package import Mail

/// Something that happened in the push into one target mailbox.
package enum PushEvent: Equatable, Sendable {
  /// The entries that follow are of this validity; UIDs from before mean nothing any more.
  case validity(UIDValidity)
  case entry(IndexEntry)
  case batch(IntentBatch)
  /// An intent became an entry.
  case confirmed(batch: Int, item: Int, IndexEntry)
  /// An intent is known not to have arrived; it is sent again if it is still wanted.
  case void(batch: Int, item: Int)
  /// The server refused the message itself; it is not sent again on its own.
  case refused(ContentDigest, reason: String)
  case retried(ContentDigest)
  case flags(entry: Int, Flags)
  case gone(entry: Int)
  /// A gone entry's message came back, under this UID.
  case rebound(entry: Int, UID)
  /// Everything below this UID is an entry.
  case known(uidNext: UInt32)
}

/// The dedupe index of one target mailbox: the sum of its events.
package struct PushRecord: Equatable, Sendable {
  package private(set) var uidValidity: UIDValidity?
  package private(set) var entries: [Int: IndexEntry] = [:]
  package private(set) var batches: [Int: IntentBatch] = [:]
  package private(set) var refused: [ContentDigest: String] = [:]
  package private(set) var knownUIDNext: UInt32 = 1
  package private(set) var lastEntry = 0
  package private(set) var lastBatch = 0

  package init() {}

  /// Whether something was begun of which it is not known how it ended.
  package var isUnsettled: Bool { !batches.isEmpty }

  package mutating func apply(_ event: PushEvent) {
    switch event {
    case .validity(let validity): begin(validity)
    case .entry(let entry): put(entry)
    case .batch(let batch):
      batches[batch.number] = batch
      lastBatch = max(lastBatch, batch.number)
    case .confirmed(let batch, let item, let entry):
      close(batch, item)
      put(entry)
    case .void(let batch, let item): close(batch, item)
    case .refused(let digest, let reason): refused[digest] = reason
    case .retried(let digest): refused[digest] = nil
    case .flags(let number, let flags): entries[number]?.flags = flags
    case .gone(let number): entries[number]?.isGone = true
    case .rebound(let number, let uid):
      entries[number]?.uid = uid
      entries[number]?.isGone = false
    case .known(let uidNext): knownUIDNext = uidNext
    }
  }

  /// Open intents outlive a change of validity: what they sent may be there all the same.
  private mutating func begin(_ validity: UIDValidity) {
    guard validity != uidValidity else { return }
    uidValidity = validity
    entries = [:]
    knownUIDNext = 1
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
