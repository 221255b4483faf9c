import Journals
import Mail

/// What the dedupe index says of the messages that one mailbox of a target should have.
struct KnownPushes: KnownTransfers {
  let record: PushRecord
  private let entries: [ContentDigest: [IndexEntry]]
  private let byUID: [UID: IndexEntry]
  private let open: Set<ContentDigest>

  init(_ record: PushRecord) {
    self.record = record
    var entries: [ContentDigest: [IndexEntry]] = [:]
    var byUID: [UID: IndexEntry] = [:]
    for entry in record.entries.values.sorted(by: { $0.number < $1.number }) {
      if let uid = entry.uid, entry.origin != .collapsed { byUID[uid] = entry }
      if let digest = entry.digest { entries[digest, default: []].append(entry) }
    }
    self.entries = entries
    self.byUID = byUID
    open = Set(record.batches.values.flatMap { $0.open.values.map(\.original) })
  }

  func recorded(_ messages: [ReceiptMessage], _ validity: UIDValidity?) -> [Int: UID] {
    guard let validity, record.uidValidity == validity else { return [:] }
    var found: [Int: UID] = [:]
    for (place, message) in messages.enumerated() {
      guard let entry = entry(of: message), !entry.isGone, entry.origin != .collapsed else {
        continue
      }
      found[place] = entry.uid
    }
    return found
  }

  /// The entry of the very file.
  private func entry(of message: ReceiptMessage) -> IndexEntry? {
    guard !message.file.isEmpty else { return nil }
    return entries[message.digest]?.first { $0.source == message.file }
  }

  func untaken(of message: ReceiptMessage) -> Flags {
    guard let entry = entry(of: message) else { return Flags() }
    return message.flags.subtracting(entry.flags)
  }

  func alteration(of message: ReceiptMessage) -> String? {
    record.copies(of: message.digest).first { $0.sent == message.kept?.digest }
      .map { "a mended copy (\(MendWords.list($0.mends))), as it was refused: \($0.reason)" }
  }

  func reasons(
    _ missing: [Int], of messages: [ReceiptMessage], found: Set<UID>, _ validity: UIDValidity?
  ) -> [Int: String] {
    var reasons: [Int: String] = [:]
    var free: [ContentDigest: [IndexEntry]] = [:]
    for place in missing where free[messages[place].digest] == nil {
      let digest = messages[place].digest
      free[digest] = (entries[digest] ?? []).filter { entry in
        // What is there stands for another message than those that are missing.
        guard let uid = entry.uid, entry.origin != .collapsed, record.uidValidity == validity else {
          return true
        }
        return entry.isGone || !found.contains(uid)
      }
    }
    for place in missing {
      let message = messages[place]
      var known = free[message.digest] ?? []
      let own = known.firstIndex { $0.source == message.file }
      let entry = (own ?? known.indices.first).map { known.remove(at: $0) }
      free[message.digest] = known
      reasons[place] = words(message.digest, entry)
    }
    return reasons
  }

  private func words(_ digest: ContentDigest, _ entry: IndexEntry?) -> String {
    guard let entry else {
      if let reason = record.refused[digest] { return PushReporter.words(reason) }
      return open.contains(digest)
        ? "a push broke off while it was sent" : "it was not pushed"
    }
    switch entry.origin {
    case .collapsed: return "the server made one message of it and an equal one"
    case .pushed: return "it was pushed, and is gone since"
    case .found, .matched, .other: return "it was there at an earlier push, and is gone since"
    }
  }

  func surplus(_ uid: UID, _ validity: UIDValidity?) -> Surplus {
    let entry = record.uidValidity == validity ? byUID[uid] : nil
    return Surplus(
      kind: .extra,
      words: entry?.origin == .pushed
        ? "pushed once, and no longer in the archive" : "not in the archive")
  }
}
