import Journals
import Mail
import Platform
import Stores
import Synchronization

/// What the pull recorded of the archive's messages, so that they need not be read again: each journal is
/// read when it is asked for.
final class PulledDigests: Sendable {
  private let directory: Directory?
  private let records = Mutex<[MailboxKey: PullRecord]>([:])

  /// - Parameter directory: `.mailarc/pull`; nil where nothing was ever pulled.
  init(_ directory: Directory?) { self.directory = directory }

  /// The record of a message by the origin in its file name; nil where there is none, or only one
  /// from before the UIDVALIDITY changed.
  func record(of origin: MessageOrigin) -> HeldMessage? {
    let record = record(of: origin.mailboxKey)
    return record.uidValidity == origin.uidValidity ? record.messages[origin.uid] : nil
  }

  /// The record of a mailbox of the source; an empty one where there is none, or none that can be read.
  func record(of mailbox: MailboxKey) -> PullRecord {
    records.withLock { records in
      if let known = records[mailbox] { return known }
      let record = read(mailbox)
      records[mailbox] = record
      return record
    }
  }

  /// A journal that can't be read costs the time to read the messages themselves; `verify` names it.
  private func read(_ key: MailboxKey) -> PullRecord {
    guard let directory,
      let journal = try? PullJournal(
        in: directory, key: key.hex, mailbox: .inbox, readOnly: true)
    else { return PullRecord() }
    return journal.record
  }
}
