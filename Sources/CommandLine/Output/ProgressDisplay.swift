import Clients
import Mail
import Pipeline
import Synchronization

/// Shows on standard error how a run goes on: a pull, a push, or a pass over an archive.
///
/// On a terminal one line is redrawn, at most five times a second. Elsewhere there is one line for
/// each mailbox in which something happened, and at most one every 30 seconds in between. What a
/// dry run would do is printed on standard output.
final class ProgressDisplay: RunObserver {
  private let terminal: Terminal
  private let direction: Direction?
  private let isQuiet: Bool
  private let now: @Sendable () -> Double
  private let state: Mutex<State>

  private struct State {
    var progress = ProgressState()
    let start: Double
    var drawn: Double
  }

  private static let redrawInterval = 0.2
  private static let plainInterval = 30.0
  private static let longPause = 60.0

  /// A display that begins now.
  ///
  /// - Parameters:
  ///   - terminal: where it is shown.
  ///   - direction: which words fit; nil where nothing is transferred.
  ///   - isQuiet: show no progress, as in a dry run, whose plan is shown all the same.
  ///   - now: seconds on a clock that never goes back.
  init(
    terminal: Terminal, direction: Direction?, isQuiet: Bool, now: @escaping @Sendable () -> Double
  ) {
    self.terminal = terminal
    self.direction = direction
    self.isQuiet = isQuiet
    self.now = now
    let start = now()
    state = Mutex(State(start: start, drawn: start))
  }

  func plan(totalMessages: Int, bytes: Int64?) {
    update { progress, _ in progress.plan(messages: totalMessages, bytes: bytes) }
  }

  func mailboxBegan(_ name: MailboxName, messages: Int, bytes: Int64) {
    update { progress, _ in progress.began(name) }
  }

  func progress(_ name: MailboxName, messagesDone: Int, bytesDone: Int64) {
    update { progress, seconds in
      progress.progress(name, messages: messagesDone, bytes: bytesDone, seconds: seconds)
    }
  }

  /// Nothing more will be done in a mailbox.
  func ended(_ mailbox: MailboxName) {
    update { progress, _ in progress.ended(mailbox) }
  }

  func mailboxEnded(_ report: MailboxReport) {
    ended(report.name)
    guard !isQuiet, !terminal.isInteractive else { return }
    let news = news(report)
    guard !news.isEmpty else { return }
    let name = TerminalText.escape(report.name.description)
    terminal.note([name + ": " + news.joined(separator: ", ")])
  }

  private func news(_ report: MailboxReport) -> [String] {
    var news: [String] = []
    if let direction, report.transferred > 0 {
      news.append(Quantity.count(report.transferred, "message") + " " + direction.participle)
      news.append(Quantity.bytes(report.transferredBytes))
    }
    if report.moved > 0 { news.append(Quantity.count(report.moved, "message") + " moved") }
    if report.flagsUpdated > 0 {
      news.append("flags of " + Quantity.count(report.flagsUpdated, "message") + " changed")
    }
    return news
  }

  /// Something about one message has to be told.
  func failed() {
    update { progress, _ in progress.failed() }
  }

  func failure(_ failure: MessageFailure) {
    failed()
  }

  func mailboxFailed(_ failure: MailboxFailure) {
    update { progress, _ in progress.ended(failure.mailbox) }
  }

  /// Shows at once what may be a reason to stop; the report has it all.
  func notice(_ notice: Notice) {
    guard notice.kind == .noRoom else { return }
    terminal.note(["mailarc: " + notice.text])
  }

  func question(_ question: Question) {}

  /// Shows why nothing happens; a long pause also where no progress is wanted.
  func waits(_ wait: ServerWait) {
    guard !isQuiet || wait.seconds >= Self.longPause else { return }
    terminal.note([
      "mailarc: waiting for \(Quantity.time(seconds: Int(wait.seconds.rounded(.up)))): \(wait.reason)"
    ])
  }

  func planned(_ change: PlannedChange) {
    guard let direction else { return }
    terminal.print(PlanText.line(change, direction: direction))
  }

  /// Takes the line away; to be called when the run has ended.
  func finish() {
    terminal.clearProgress()
  }

  private func update(_ change: (inout ProgressState, _ seconds: Double) -> Void) {
    let time = now()
    let line: String? = state.withLock { state in
      let seconds = time - state.start
      change(&state.progress, seconds)
      let interval = terminal.isInteractive ? Self.redrawInterval : Self.plainInterval
      guard !isQuiet, time - state.drawn >= interval else { return nil }
      state.drawn = time
      return ProgressLine.render(
        state.progress, seconds: seconds,
        width: terminal.isInteractive ? terminal.width - 1 : 200)
    }
    guard let line else { return }
    if terminal.isInteractive {
      terminal.showProgress(line)
    } else {
      terminal.note([line])
    }
  }
}
