package import Mail
package import Platform

/// Something that is written as one record of a journal.
package protocol JournalEvent {
  /// Reads a record; nil for kinds of a later version and for fields that are none.
  init?(_ record: JournalRecord)
  /// The event as it is written.
  var journalRecord: JournalRecord { get }
}

/// What is known of a mailbox: the sum of the events in its journal.
package protocol JournalSum {
  /// What happens to the mailbox.
  associatedtype Event: JournalEvent
  /// The kind of a journal's first record, which tells such journals from others.
  static var journalKind: String { get }
  /// Nothing is known yet.
  init()
  /// Takes one more event.
  mutating func apply(_ event: Event)
}

/// The journal of the pull of one source mailbox.
package typealias PullJournal = MailboxJournal<PullRecord>

/// The journal of the push into one target mailbox: its dedupe index.
package typealias PushJournal = MailboxJournal<PushRecord>

/// The journal of the conversion into one mailbox.
package typealias ConvertJournal = MailboxJournal<ConvertRecord>

/// The journal of one mailbox, with all that its events add up to.
///
/// Confined to one owner.
package final class MailboxJournal<Sum: JournalSum> {
  /// The sum of the events read and appended.
  package private(set) var record = Sum()
  /// What of the file could not be read; what stood there is not in `record`.
  package let damage: JournalDamage
  private let file: JournalFile?

  /// Reads the journal and opens it for more.
  ///
  /// - Parameters:
  ///   - directory: `.mailarc/pull`, `.mailarc/push/<target account>` or `.mailarc/convert`.
  ///   - key: the mailbox's key, which names the file.
  ///   - mailbox: the mailbox on its server, or in the archive for a conversion, written into a new journal for its reader.
  ///   - readOnly: whether nothing may be written, not even a torn tail cut off; events are then
  ///     applied in memory only.
  /// - Throws: `JournalError` where the file can't be read or written, or is not such a journal.
  package init(
    in directory: Directory, key: String, mailbox: MailboxName, readOnly: Bool
  ) throws(JournalError) {
    let header = JournalRecord(Sum.journalKind, ["1", mailbox.stateForm])
    let name = key + ".journal"
    var sum = Sum()
    let reading = try JournalFile.read(in: directory, name: name, header: header) { record in
      if let event = Sum.Event(record) { sum.apply(event) }
    }
    record = sum
    damage = reading.damage
    file =
      readOnly
      ? nil
      : try JournalFile(in: directory, name: name, header: header, intact: reading.intact)
  }

  /// Hands out the events of a journal in their order, without adding them up, which would take memory.
  ///
  /// - Throws: `JournalError` where the file can't be read or is not such a journal.
  package static func forEachEvent(
    in directory: Directory, key: String, _ body: (Sum.Event) -> Void
  ) throws(JournalError) {
    let header = JournalRecord(Sum.journalKind, ["1"])
    _ = try JournalFile.read(in: directory, name: key + ".journal", header: header) { record in
      if let event = Sum.Event(record) { body(event) }
    }
  }

  /// Applies an event and writes it; it is durable after the next `flush`.
  package func append(_ event: Sum.Event) {
    record.apply(event)
    file?.append(event.journalRecord)
  }

  /// Writes an event that `record` need not have, which saves the memory; it is durable after the next
  /// `flush`.
  package func write(_ event: Sum.Event) { file?.append(event.journalRecord) }

  /// Forgets `record`, once nobody asks for it any more.
  package func forget() { record = Sum() }

  /// Makes the events appended so far durable.
  ///
  /// - Throws: `JournalError.system`; the events then count for this run, but may not outlive it, and
  ///   nothing may be sent that rests on them.
  package func flush() throws(JournalError) { try file?.flush() }
}
