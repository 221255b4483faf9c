import Clients
import Journals
import Mail
import Platform
import Stores

/// What all workers of a pull share.
struct PullContext: Sendable {
  let options: PullOptions
  let archive: Archive
  /// `.mailarc/pull`.
  let directory: Directory
  let states: MailboxStates
  let run: RunNumbers
  let index: ArchiveIndex
  let observer: any RunObserver
  let collector: ReportCollector
  let interruption: Interruption

  func key(of mailbox: MailboxName) -> MailboxKey {
    MailboxKey(account: options.source.identity, mailbox: mailbox)
  }
}

/// A message that is no longer where it was at the source.
struct GoneMessage: Sendable {
  let mailbox: MailboxName
  let message: HeldMessage
}

/// What a pull leaves to be done for a mailbox when all mailboxes were looked at.
struct PulledMailbox: Sendable {
  let name: MailboxName
  var report: MailboxReport
  var gone: [GoneMessage] = []
  /// Messages that are new since the last run that ended, by digest.
  var arrivals: [HeldMessage] = []
  /// How the mailbox is left, recorded when its gone messages are.
  var state: RecordedState?
}
