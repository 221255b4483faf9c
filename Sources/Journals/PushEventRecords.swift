import Mail

extension PushEvent: JournalEvent {
  /// Reads a record; nil for kinds of a later version and for fields that are none.
  package init?(_ record: JournalRecord) {
    var reader = FieldReader(record)
    switch record.kind {
    case "validity":
      guard let validity = reader.validity() else { return nil }
      self = .validity(validity)
    case "unbound": self = .unbound
    case "entry":
      guard let entry = IndexEntry(&reader) else { return nil }
      self = .entry(entry)
    case "batch", "replacing":
      guard let batch = IntentBatch(&reader, isReplacing: record.kind == "replacing") else {
        return nil
      }
      self = .batch(batch)
    case "confirmed":
      guard let batch: Int = reader.number(), let item: Int = reader.number(),
        let entry = IndexEntry(&reader)
      else { return nil }
      self = .confirmed(batch: batch, item: item, entry)
    case "void":
      guard let batch: Int = reader.number(), let item: Int = reader.number() else { return nil }
      self = .void(batch: batch, item: item)
    case "refused":
      guard let digest = reader.digest(), let reason = reader.text() else { return nil }
      self = .refused(digest, reason: reason)
    case "retried":
      guard let digest = reader.digest() else { return nil }
      self = .retried(digest)
    case "mended":
      guard let copy = MendedCopy(&reader) else { return nil }
      self = .mended(copy)
    case "instead":
      guard let batch: Int = reader.number(), let item: Int = reader.number(),
        let digest = reader.digest()
      else { return nil }
      self = .instead(batch: batch, item: item, of: digest)
    case "flags":
      guard let entry: Int = reader.number() else { return nil }
      self = .flags(entry: entry, reader.flags())
    case "gone":
      guard let entry: Int = reader.number() else { return nil }
      self = .gone(entry: entry)
    case "dropped":
      guard let entry: Int = reader.number() else { return nil }
      self = .dropped(entry: entry)
    case "removing":
      var numbers: [Int] = []
      while let text = reader.text() {
        guard let number = Int(text) else { return nil }
        numbers.append(number)
      }
      guard !numbers.isEmpty else { return nil }
      self = .removing(numbers)
    case "marked":
      guard let entry: Int = reader.number() else { return nil }
      self = .marked(entry: entry)
    case "kept":
      guard let entry: Int = reader.number() else { return nil }
      self = .kept(entry: entry)
    case "rebound":
      guard let entry: Int = reader.number(), let uid = reader.uid() else { return nil }
      self = .rebound(entry: entry, uid)
    case "known":
      guard let uidNext: UInt32 = reader.number() else { return nil }
      self = .known(uidNext: uidNext)
    case "moving":
      guard let time: Int64 = reader.number(), let octets: Int64 = reader.number(),
        let destination = reader.mailbox()
      else { return nil }
      self = .moving(IntendedMove(time: time, octets: octets, destination: destination))
    case "moved": self = .moved
    default: return nil
    }
  }

  /// The record that `init(_:)` reads.
  package var journalRecord: JournalRecord {
    switch self {
    case .validity(let validity): JournalRecord("validity", ["\(validity)"])
    case .unbound: JournalRecord("unbound", [])
    case .entry(let entry): JournalRecord("entry", entry.journalFields)
    case .batch(let batch):
      JournalRecord(batch.replaced.isEmpty ? "batch" : "replacing", batch.journalFields)
    case .confirmed(let batch, let item, let entry):
      JournalRecord("confirmed", ["\(batch)", "\(item)"] + entry.journalFields)
    case .void(let batch, let item): JournalRecord("void", ["\(batch)", "\(item)"])
    case .refused(let digest, let reason): JournalRecord("refused", ["\(digest)", reason])
    case .retried(let digest): JournalRecord("retried", ["\(digest)"])
    case .mended(let copy): JournalRecord("mended", copy.journalFields)
    case .instead(let batch, let item, let digest):
      JournalRecord("instead", ["\(batch)", "\(item)", "\(digest)"])
    case .flags(let entry, let flags): JournalRecord("flags", ["\(entry)"] + flags.journalFields)
    case .gone(let entry): JournalRecord("gone", ["\(entry)"])
    case .dropped(let entry): JournalRecord("dropped", ["\(entry)"])
    case .removing(let entries): JournalRecord("removing", entries.map { "\($0)" })
    case .marked(let entry): JournalRecord("marked", ["\(entry)"])
    case .kept(let entry): JournalRecord("kept", ["\(entry)"])
    case .rebound(let entry, let uid): JournalRecord("rebound", ["\(entry)", "\(uid)"])
    case .known(let uidNext): JournalRecord("known", ["\(uidNext)"])
    case .moving(let move):
      JournalRecord("moving", ["\(move.time)", "\(move.octets)", move.destination.stateForm])
    case .moved: JournalRecord("moved", [])
    }
  }
}

extension IndexEntry {
  fileprivate init?(_ reader: inout FieldReader) {
    guard let number: Int = reader.number(), let uid = reader.text(), let digest = reader.text(),
      let key = reader.headerKey(), let size: Int64 = reader.number(),
      let origin = reader.text().flatMap(Origin.init), let state = reader.text(),
      let source = reader.text()
    else { return nil }
    self.init(
      number: number, uid: UInt32(uid).flatMap { UID($0) }, digest: ContentDigest(hex: digest),
      headerKey: key, size: size, origin: origin, flags: reader.flags(), isGone: state == "gone",
      source: source)
  }

  fileprivate var journalFields: [String] {
    ["\(number)", uid.map { "\($0)" } ?? "", digest.map { "\($0)" } ?? "", "\(headerKey)"]
      + ["\(size)", origin.rawValue, isGone ? "gone" : "live", source] + flags.journalFields
  }
}

extension IntentBatch {
  /// A batch is one record, whole or torn: an intent never stands without its batch.
  fileprivate init?(_ reader: inout FieldReader, isReplacing: Bool) {
    guard let number: Int = reader.number(), let validity = reader.validity(),
      let uidNext: UInt32 = reader.number(), let time: Int64 = reader.number(),
      let count: Int = reader.number(), count >= 0
    else { return nil }
    var open: [Int: AppendIntent] = [:]
    var replaced: [Int: ReplacedCopy] = [:]
    for item in 0..<count {
      guard let digest = reader.digest(), let key = reader.headerKey(),
        let size: Int64 = reader.number(), let source = reader.text(), let flags = reader.text()
      else { return nil }
      open[item] = AppendIntent(
        digest: digest, headerKey: key, size: size,
        flags: Flags(imap: flags.split(separator: " ").map { String($0) }), source: source)
      guard isReplacing else { continue }
      guard let entry: Int = reader.number(), let date = reader.date() else { return nil }
      replaced[item] = ReplacedCopy(entry: entry, date: date)
    }
    self.init(
      number: number, uidValidity: validity, uidNext: uidNext, time: time, open: open,
      replaced: replaced)
  }

  fileprivate var journalFields: [String] {
    let intents = open.sorted { $0.key < $1.key }
    return ["\(number)", "\(uidValidity)", "\(uidNext)", "\(time)", "\(intents.count)"]
      + intents.flatMap { item, intent in
        [
          "\(intent.digest)", "\(intent.headerKey)", "\(intent.size)", intent.source,
          intent.flags.description,
        ] + (replaced[item].map { ["\($0.entry)", "\($0.date.epochSeconds)"] } ?? [])
      }
  }
}
