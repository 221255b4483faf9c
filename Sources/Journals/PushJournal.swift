package import Mail
package import Platform

/// The journal of the push into one target mailbox: its dedupe index.
///
/// Confined to one owner.
package final class PushJournal {
  /// The sum of the events read and appended.
  package private(set) var record = PushRecord()
  /// What of the file could not be read; what stood there is not in `record`.
  package let damage: JournalDamage
  private let file: JournalFile?

  /// Reads the journal and opens it for more.
  ///
  /// - Parameters:
  ///   - directory: `.mailarc/push/<target account>`.
  ///   - key: the target mailbox's key, which names the file.
  ///   - mailbox: the target mailbox, written into a new journal for its reader.
  ///   - readOnly: whether nothing may be written; events are then applied in memory only.
  /// - Throws: `JournalError` where the file can't be read or written, or is not such a journal.
  package init(
    in directory: Directory, key: String, mailbox: MailboxName, readOnly: Bool
  ) throws(JournalError) {
    let header = JournalRecord("mailarc-push", ["1", mailbox.stateForm])
    let name = key + ".journal"
    var sum = PushRecord()
    let reading = try JournalFile.read(in: directory, name: name, header: header) { record in
      if let event = PushEvent(record) { sum.apply(event) }
    }
    record = sum
    damage = reading.damage
    file =
      readOnly
      ? nil
      : try JournalFile(in: directory, name: name, header: header, intact: reading.intact)
  }

  /// Applies an event and writes it; it is durable after the next `flush`.
  package func append(_ event: PushEvent) {
    record.apply(event)
    file?.append(event.journalRecord)
  }

  /// Makes the events appended so far durable.
  ///
  /// - Throws: `JournalError.system`; nothing may be sent that rests on what was not flushed.
  package func flush() throws(JournalError) { try file?.flush() }
}
