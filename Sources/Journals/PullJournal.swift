package import Mail
package import Platform

/// The journal of the pull of one source mailbox.
///
/// Confined to one owner.
package final class PullJournal {
  /// The sum of the events read and appended.
  package private(set) var record = PullRecord()
  /// What of the file could not be read; what stood there is not in `record`.
  package let damage: JournalDamage
  private let file: JournalFile?

  /// Reads the journal and opens it for more.
  ///
  /// - Parameters:
  ///   - directory: `.mailarc/pull`.
  ///   - key: the mailbox's key, which names the file.
  ///   - mailbox: the source mailbox, written into a new journal for its reader.
  ///   - readOnly: whether nothing may be written, not even a torn tail cut off; events are then
  ///     applied in memory only.
  /// - Throws: `JournalError` where the file can't be read or written, or is not such a journal.
  package init(
    in directory: Directory, key: String, mailbox: MailboxName, readOnly: Bool
  ) throws(JournalError) {
    let header = JournalRecord("mailarc-pull", ["1", mailbox.stateForm])
    let name = key + ".journal"
    var sum = PullRecord()
    let reading = try JournalFile.read(in: directory, name: name, header: header) { record in
      if let event = PullEvent(record) { sum.apply(event) }
    }
    record = sum
    damage = reading.damage
    file =
      readOnly
      ? nil
      : try JournalFile(in: directory, name: name, header: header, intact: reading.intact)
  }

  /// Applies an event and writes it; it is durable after the next `flush`.
  package func append(_ event: PullEvent) {
    record.apply(event)
    file?.append(event.journalRecord)
  }

  /// Makes the events appended so far durable.
  ///
  /// - Throws: `JournalError.system`; the events then count for this run, but may not outlive it.
  package func flush() throws(JournalError) { try file?.flush() }
}

extension PullEvent {
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
