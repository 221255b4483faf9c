import Journals
import Mail
import Platform
import Stores
import Synchronization

/// What all workers of a conversion share.
struct ConvertContext: Sendable {
  let options: ConvertOptions
  let source: ConvertSource
  /// Keywords that moved files left behind in the source.
  let stray: StrayKeywords
  /// Nil in a dry run, where there is none yet.
  let archive: Archive?
  /// `.mailarc/convert` of the archive; nil where there is none.
  let directory: Directory?
  let observer: any RunObserver
  let collector: ReportCollector
  let interruption: Interruption
  let missed: MissedOrigins
  /// Finds what was moved by hand.
  let names: ArchiveNames
  private let announced = Announced()

  private final class Announced: Sendable {
    let messages = Mutex(0)
  }

  /// So many messages more are to be converted: how many there are in all is known only when all
  /// mailboxes were looked at.
  func announce(_ count: Int) {
    observer.plan(
      totalMessages: announced.messages.withLock {
        $0 += count
        return $0
      }, bytes: nil)
  }

  /// The journal of a mailbox of the archive; nil in a dry run, where there is none.
  func journal(of mailbox: MailboxName) throws(JournalError) -> ConvertJournal? {
    guard let directory else { return nil }
    // No account: the mailbox is one of the archive's own.
    let key = MailboxKey(account: "", mailbox: mailbox)
    return try ConvertJournal(
      in: directory, key: key.hex, mailbox: mailbox, readOnly: options.dryRun)
  }
}
