import Mail
import Synchronization

@testable import Pipeline

/// Keeps what a dry run would do.
final class PlannedChanges: RunObserver {
  private let kept = Mutex<[PlannedChange]>([])
  var changes: [PlannedChange] { kept.withLock { $0 } }

  func plan(totalMessages: Int, bytes: Int64?) {}
  func mailboxBegan(_ name: MailboxName, messages: Int, bytes: Int64) {}
  func progress(_ name: MailboxName, messagesDone: Int, bytesDone: Int64) {}
  func mailboxEnded(_ report: MailboxReport) {}
  func failure(_ failure: MessageFailure) {}
  func mailboxFailed(_ failure: MailboxFailure) {}
  func notice(_ notice: Notice) {}
  func question(_ question: Question) {}
  func planned(_ change: PlannedChange) { kept.withLock { $0.append(change) } }
}
