import Mail
import Synchronization

/// Gathers from several workers what a run has to report, and tells the observer at once.
final class ReportCollector: Sendable {
  private let report: Mutex<RunReport>
  private let observer: any RunObserver

  init(direction: Direction, dryRun: Bool, observer: any RunObserver) {
    report = Mutex(RunReport(direction: direction, dryRun: dryRun))
    self.observer = observer
  }

  var current: RunReport { report.withLock { $0 } }

  func add(_ failure: MessageFailure) {
    report.withLock { $0.failures.append(failure) }
    observer.failure(failure)
  }

  func add(_ failure: MailboxFailure) {
    report.withLock { $0.mailboxFailures.append(failure) }
    observer.mailboxFailed(failure)
  }

  func add(_ notice: Notice) {
    report.withLock { $0.notices.append(notice) }
    observer.notice(notice)
  }

  func add(_ question: Question) {
    report.withLock { $0.questions.append(question) }
    observer.question(question)
  }

  /// Nothing more will be done in this mailbox.
  func add(_ mailbox: MailboxReport) {
    report.withLock { report in
      let place = report.mailboxes.firstIndex { mailbox.name < $0.name } ?? report.mailboxes.count
      report.mailboxes.insert(mailbox, at: place)
    }
    observer.mailboxEnded(mailbox)
  }

  /// What stopped the run; the first one counts.
  func stop(_ failure: Failure) {
    report.withLock { $0.accountFailure = $0.accountFailure ?? failure }
  }

  var isStopped: Bool { report.withLock { $0.accountFailure != nil } }
}
