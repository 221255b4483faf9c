import Journals
import Mail
import Platform
import Stores
import Synchronization

/// What the pull recorded of the archive's messages, so that they need not be read again.
final class PulledDigests: Sendable {
  private let directory: Directory?
  private let records = Mutex<[MailboxKey: PullRecord]>([:])

  /// - Parameter directory: `.mailarc/pull`; nil where nothing was ever pulled.
  init(_ directory: Directory?) { self.directory = directory }

  /// The record of a message by the origin in its file name; nil where there is none, or only one
  /// from before the UIDVALIDITY changed.
  func record(of origin: MessageOrigin) -> HeldMessage? {
    records.withLock { records in
      if records[origin.mailboxKey] == nil { records[origin.mailboxKey] = read(origin.mailboxKey) }
      guard let record = records[origin.mailboxKey], record.uidValidity == origin.uidValidity else {
        return nil
      }
      return record.messages[origin.uid]
    }
  }

  /// A journal that can't be read costs the time to read the messages themselves.
  private func read(_ key: MailboxKey) -> PullRecord {
    guard let directory,
      let journal = try? PullJournal(
        in: directory, key: key.hex, mailbox: .inbox, readOnly: true)
    else { return PullRecord() }
    return journal.record
  }
}
