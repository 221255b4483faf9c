import Mail

extension PullEvent: JournalEvent {
  /// Reads a record; nil for kinds of a later version and for fields that are none.
  package init?(_ record: JournalRecord) {
    var reader = FieldReader(record)
    switch record.kind {
    case "validity":
      guard let validity = reader.validity() else { return nil }
      self = .validity(validity)
    case "rematched": self = .rematched
    case "held":
      guard let message = HeldMessage(&reader) else { return nil }
      self = .held(message)
    case "flags":
      guard let uid = reader.uid() else { return nil }
      self = .flags(uid, reader.flags())
    case "fate":
      guard let uid = reader.uid(), let fate = reader.text().flatMap(HeldMessage.Fate.init)
      else { return nil }
      self = .fate(uid, fate)
    case "failed":
      guard let uid = reader.uid(), let reason = reader.text() else { return nil }
      self = .failed(uid, reason: reason)
    case "forgotten":
      guard let uid = reader.uid() else { return nil }
      self = .forgotten(uid)
    case "maildrop":
      guard let uid = reader.uid(), let octets: UInt64 = reader.number(), let uidl = reader.text()
      else { return nil }
      self = .maildrop(uid, MaildropMessage(uidl: UIDL(journalText: uidl), octets: octets))
    default: return nil
    }
  }

  /// The record that `init(_:)` reads.
  package var journalRecord: JournalRecord {
    switch self {
    case .validity(let validity): JournalRecord("validity", ["\(validity)"])
    case .rematched: JournalRecord("rematched", [])
    case .held(let message): JournalRecord("held", message.journalFields)
    case .flags(let uid, let flags): JournalRecord("flags", ["\(uid)"] + flags.journalFields)
    case .fate(let uid, let fate): JournalRecord("fate", ["\(uid)", fate.rawValue])
    case .failed(let uid, let reason): JournalRecord("failed", ["\(uid)", reason])
    case .forgotten(let uid): JournalRecord("forgotten", ["\(uid)"])
    case .maildrop(let uid, let message):
      JournalRecord(
        "maildrop", ["\(uid)", "\(message.octets)", message.uidl?.journalText ?? ""])
    }
  }
}

extension HeldMessage {
  fileprivate init?(_ reader: inout FieldReader) {
    guard let uid = reader.uid(), let digest = reader.digest(), let size: Int64 = reader.number(),
      let date = reader.date(), let key = reader.headerKey(), let run: Int = reader.number(),
      let fate = reader.text().flatMap(Fate.init), let base = reader.text()
    else { return nil }
    // Whether the base is known stands apart: no flags and no knowledge are not the same.
    let flags = reader.flags()
    self.init(
      uid: uid, digest: digest, size: size, internalDate: date, headerKey: key,
      flags: base == "base" ? flags : nil, fate: fate, run: run)
  }

  fileprivate var journalFields: [String] {
    ["\(uid)", "\(digest)", "\(size)", "\(internalDate.epochSeconds)", "\(headerKey)", "\(run)"]
      + [fate.rawValue, flags == nil ? "nobase" : "base"] + (flags ?? Flags()).journalFields
  }
}
