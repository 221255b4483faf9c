import Clients
import Mail
import Pipeline

/// Shows how a verification or a rebuild goes on, and prints what it found.
struct VerifyOutput: VerifyObserver {
  enum Form {
    case display(ProgressDisplay)
    case events(JSONEvents)
  }

  let form: Form
  private let terminal: Terminal
  private let isQuiet: Bool

  /// The form that the command line asks for.
  init(_ context: RunContext) {
    terminal = context.terminal
    isQuiet = context.invocation.has(.quiet)
    if context.invocation.has(.json) {
      form = .events(JSONEvents(terminal: terminal, now: RunOutput.now))
    } else {
      form = .display(
        ProgressDisplay(
          terminal: terminal, direction: nil, isQuiet: isQuiet, now: RunOutput.now))
    }
  }

  private var progress: any RunObserver {
    switch form {
    case .display(let display): display
    case .events(let events): events
    }
  }

  func plan(totalMessages: Int, bytes: Int64?) {
    progress.plan(totalMessages: totalMessages, bytes: bytes)
  }

  func mailboxBegan(_ name: MailboxName, messages: Int, bytes: Int64) {
    progress.mailboxBegan(name, messages: messages, bytes: bytes)
  }

  func progress(_ name: MailboxName, messagesDone: Int, bytesDone: Int64) {
    progress.progress(name, messagesDone: messagesDone, bytesDone: bytesDone)
  }

  func waits(_ wait: ServerWait) { progress.waits(wait) }

  func ended(_ mailbox: MailboxName) {
    switch form {
    case .display(let display): display.ended(mailbox)
    case .events(let events): events.ended(mailbox)
    }
  }

  func finding(_ finding: VerifyFinding) {
    switch form {
    case .display(let display): if finding.kind.isMessage { display.failed() }
    case .events(let events):
      if finding.kind.isMessage { events.failed() }
      events.emit("finding", Self.members(finding))
    }
  }

  /// Shows what a verification found.
  func finish(_ report: VerifyReport) {
    switch form {
    case .events(let events):
      events.notes(report.notes)
      events.emit("summary", Self.members(report))
    case .display(let display):
      display.finish()
      show(VerifyText.findings(report.findings), all: VerifyText.render(report))
    }
  }

  /// Shows what a rebuild did.
  func finish(_ report: RebuildReport) {
    switch form {
    case .events(let events):
      for action in report.actions {
        events.emit("rebuilt", [("file", .string(action.file)), ("text", .string(action.text))])
      }
      for finding in report.findings { events.emit("finding", Self.members(finding)) }
      events.notes(report.notes)
      events.emit(
        "summary",
        [
          ("command", .string("verify")), ("rebuilt", .integer(report.actions.count)),
          ("findings", .integer(report.findings.count)),
          ("exit_status", .integer(Int64(report.exitStatus.rawValue))),
        ])
    case .display(let display):
      display.finish()
      show(VerifyText.findings(report.findings), all: VerifyText.render(report))
    }
  }

  /// Prints what needs attention, or all.
  func show(_ attention: [String], all: [String]) {
    if isQuiet { terminal.note(attention) } else { terminal.print(all) }
  }

  private static func members(_ finding: VerifyFinding) -> [(String, JSONValue)] {
    [
      ("kind", .string(finding.kind.rawValue)),
      ("mailbox", .string(finding.mailbox?.description)),
      ("uid", finding.uid.map { .integer(Int64($0.value)) } ?? .null),
      ("file", .string(finding.file)), ("text", .string(finding.text)),
      ("advice", .string(VerifyText.advice(finding.kind))),
    ]
  }

  private static func members(_ report: VerifyReport) -> [(String, JSONValue)] {
    [
      ("command", .string("verify")), ("mailboxes", .integer(report.mailboxes)),
      ("messages", .integer(report.messages)), ("bytes", .integer(report.bytes)),
      ("intact", .integer(report.intact)), ("unrecorded", .integer(report.unrecorded)),
      ("findings", .integer(report.findings.count)),
    ]
      + VerifyFinding.Kind.allCases.map { kind in
        (
          kind.rawValue.replacing("-", with: "_"),
          .integer(report.findings.count { $0.kind == kind })
        )
      } + [("exit_status", .integer(Int64(report.exitStatus.rawValue)))]
  }
}

extension JSONEvents {
  /// What is worth knowing and not wrong.
  func notes(_ notes: [String]) {
    for note in notes {
      emit("notice", [("mailbox", .null), ("kind", .string("other")), ("text", .string(note))])
    }
  }
}
