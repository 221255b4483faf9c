import Mail
import Pipeline
import Platform

/// Shows a run: while it goes on through an observer, and at its end the report.
struct RunOutput {
  private enum Form {
    case display(ProgressDisplay)
    case events(JSONEvents)
  }

  private let form: Form
  private let terminal: Terminal
  private let isQuiet: Bool

  /// Seconds on a clock that never goes back.
  static let now: @Sendable () -> Double = { Double(MonotonicClock.now.nanoseconds) / 1e9 }

  /// The form that the command line asks for.
  ///
  /// Prints the `start` event with `--json`.
  init(
    context: RunContext, direction: Direction, account: AccountURL?, from: String? = nil,
    archive: String, dryRun: Bool
  ) {
    terminal = context.terminal
    isQuiet = context.invocation.has(.quiet)
    let now = Self.now
    if context.invocation.has(.json) {
      let events = JSONEvents(terminal: terminal, now: now)
      events.start(
        direction, account: account?.identity, from: from, archive: archive, dryRun: dryRun)
      form = .events(events)
    } else {
      form = .display(
        ProgressDisplay(
          terminal: terminal, direction: direction, isQuiet: isQuiet || dryRun, now: now))
    }
  }

  /// What the pipeline tells about its progress.
  var observer: any RunObserver {
    switch form {
    case .display(let display): display
    case .events(let events): events
    }
  }

  /// Shows the report and gives the status that belongs to it.
  func finish(_ report: RunReport) -> ExitStatus {
    var report = report
    // Below this layer nobody knows which signal it was.
    if report.accountFailure?.cause == .interrupted { report.accountFailure = Interrupted.failure }
    switch form {
    case .events(let events):
      if let failure = report.accountFailure { events.error(failure) }
      events.summary(report)
    case .display(let display):
      display.finish()
      if isQuiet {
        terminal.note(ReportText.attention(report))
      } else {
        terminal.print(ReportText.render(report))
      }
    }
    if let failure = report.accountFailure { ErrorText.show(failure, on: terminal) }
    return report.exitStatus
  }
}
