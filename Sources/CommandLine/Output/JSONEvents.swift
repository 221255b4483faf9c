import Clients
import Mail
import Pipeline
import Synchronization

/// Prints what happens as JSON for programs, one object a line, on standard output.
///
/// The types and members of the events are listed in the manual, under JSON EVENTS. They are stable:
/// members may be added, none changes its meaning.
final class JSONEvents: RunObserver {
  private let terminal: Terminal
  private let now: @Sendable () -> Double
  private let state: Mutex<State>

  private struct State {
    var progress = ProgressState()
    let start: Double
    var printed: Double
  }

  /// Seconds between two progress events.
  private static let interval = 1.0

  /// Events on that terminal.
  ///
  /// - Parameters:
  ///   - terminal: where they are printed.
  ///   - now: seconds on a clock that never goes back.
  init(terminal: Terminal, now: @escaping @Sendable () -> Double) {
    self.terminal = terminal
    self.now = now
    let start = now()
    state = Mutex(State(start: start, printed: start))
  }

  /// The run begins.
  ///
  /// - Parameters:
  ///   - direction: what is done.
  ///   - account: the account on the other side; nil for a conversion.
  ///   - from: the mail that is converted; nil where there is an account.
  ///   - archive: the archive's path.
  ///   - dryRun: whether nothing is changed.
  func start(
    _ direction: Direction, account: String?, from: String?, archive: String, dryRun: Bool
  ) {
    emit(
      "start",
      [
        ("version", .string(Version.text)), ("command", .string(direction.rawValue)),
        ("account", .string(account)), ("from", .string(from)), ("archive", .string(archive)),
        ("dry_run", .bool(dryRun)),
      ])
  }

  func plan(totalMessages: Int, bytes: Int64?) {
    state.withLock { $0.progress.plan(messages: totalMessages, bytes: bytes) }
    emit(
      "plan",
      [("messages", .integer(totalMessages)), ("bytes", bytes.map { .integer($0) } ?? .null)])
  }

  func mailboxBegan(_ name: MailboxName, messages: Int, bytes: Int64) {
    state.withLock { $0.progress.began(name) }
  }

  func progress(_ name: MailboxName, messagesDone: Int, bytesDone: Int64) {
    let time = now()
    let progress: ProgressState? = state.withLock { state in
      state.progress.progress(
        name, messages: messagesDone, bytes: bytesDone, seconds: time - state.start)
      guard time - state.printed >= Self.interval else { return nil }
      state.printed = time
      return state.progress
    }
    guard let progress else { return }
    emit(
      "progress",
      [
        ("mailbox", .string(name.description)), ("messages_done", .integer(progress.messages)),
        ("messages_total", progress.totalMessages.map { .integer($0) } ?? .null),
        ("bytes_done", .integer(progress.bytes)),
        ("bytes_total", progress.totalBytes.map { .integer($0) } ?? .null),
        ("failed", .integer(progress.failures)),
      ])
  }

  /// Nothing more will be done in a mailbox.
  func ended(_ mailbox: MailboxName) { state.withLock { $0.progress.ended(mailbox) } }

  /// Something about one message has to be told.
  func failed() { state.withLock { $0.progress.failed() } }

  func mailboxEnded(_ report: MailboxReport) {
    ended(report.name)
    emit("mailbox", JSONReport.members(report))
  }

  func failure(_ failure: MessageFailure) {
    failed()
    emit(
      "message-failed",
      [
        ("mailbox", .string(failure.mailbox.description)),
        ("uid", failure.uid.map { .integer(Int64($0.value)) } ?? .null),
        ("file", .string(failure.file)), ("reason", .string(failure.reason)),
        ("advice", .string(failure.advice)),
      ])
  }

  func mailboxFailed(_ failure: MailboxFailure) {
    state.withLock { $0.progress.ended(failure.mailbox) }
    emit(
      "error",
      JSONReport.members(failure.failure) + [("mailbox", .string(failure.mailbox.description))])
  }

  func notice(_ notice: Notice) {
    emit(
      notice.kind == .flagsNotKept ? "flags-not-kept" : "notice",
      [
        ("mailbox", .string(notice.mailbox?.description)), ("kind", .string(notice.kind.rawValue)),
        ("text", .string(notice.text)),
      ])
  }

  func waits(_ wait: ServerWait) {
    emit(
      "waiting",
      [
        ("seconds", .integer(Int64(wait.seconds.rounded(.up)))), ("reason", .string(wait.reason)),
      ])
  }

  func question(_ question: Question) {
    emit(
      "question",
      [
        ("mailbox", .string(question.mailbox.description)), ("text", .string(question.text)),
        ("options", .array(question.options.map { .string($0) })),
      ])
  }

  func planned(_ change: PlannedChange) {
    emit(
      "planned",
      [
        ("action", .string(change.action.rawValue)),
        ("mailbox", .string(change.mailbox.description)),
        ("destination", .string(change.destination?.description)),
        ("messages", .integer(change.messages)),
        ("bytes", change.bytes.map { .integer($0) } ?? .null),
        ("uid", change.uid.map { .integer(Int64($0.value)) } ?? .null),
        ("file", .string(change.file)), ("detail", .string(change.detail)),
      ])
  }

  /// Something stopped the run, or kept it from beginning.
  func error(_ failure: Failure) {
    emit("error", JSONReport.members(failure) + [("mailbox", .null)])
  }

  /// The run has ended; this is the last event.
  func summary(_ report: RunReport) {
    emit("summary", JSONReport.members(report))
  }

  /// Prints an event of another command.
  func emit(_ type: String, _ members: [(String, JSONValue)]) {
    terminal.printVerbatim(JSONValue.event(type, members).text)
  }
}
