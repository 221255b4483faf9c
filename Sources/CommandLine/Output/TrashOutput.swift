import Mail
import Pipeline

/// Shows what is in an archive's trash, and what became of it.
struct TrashOutput: Sendable {
  let terminal: Terminal
  let action: TrashCommand.Action
  let isJSON: Bool

  /// What shows the messages that were removed at a time.
  func observer(removed: InternalDate) -> any ListObserver {
    TrashList(output: self, removed: removed)
  }

  /// Ends a list.
  func finish(_ totals: ListTotals) -> ExitStatus {
    if isJSON {
      summary(messages: totals.messages, bytes: totals.bytes, totals.problems, totals.exitStatus)
    } else if totals.messages == 0 {
      terminal.print("The trash is empty.")
    } else {
      terminal.print("")
      terminal.print(
        "\(Quantity.count(totals.messages, "message")) in the trash "
          + "(\(Quantity.bytes(totals.bytes))).")
    }
    return totals.exitStatus
  }

  /// Shows what was restored, or removed for good.
  func finish(_ report: TrashReport) -> ExitStatus {
    let verb = action == .restore ? "restored" : "removed for good"
    for part in report.parts {
      if isJSON {
        emit(
          action == .restore ? "restored" : "emptied",
          [
            ("removed", .string(Timestamp.full(part.removed))),
            ("mailbox", .string(part.mailbox.description)), ("messages", .integer(part.messages)),
            ("bytes", .integer(part.bytes)),
          ])
      } else {
        let count = Quantity.count(part.messages, "message")
        terminal.print(
          TerminalText.escape(part.mailbox.description) + ": \(count) of "
            + Timestamp.minute(part.removed) + " \(verb)")
      }
    }
    for problem in report.problems {
      if isJSON { emit("unreadable", Self.members(nil, nil, problem)) }
      terminal.warn("mailarc: " + TerminalText.escape(problem))
    }
    if isJSON {
      summary(
        messages: report.messages, bytes: report.bytes, report.problems.count, report.exitStatus)
    } else if report.wasEmpty {
      terminal.print("The trash is empty.")
    } else {
      let count = Quantity.count(report.messages, "message")
      terminal.print("\(count) \(verb) (\(Quantity.bytes(report.bytes))).")
    }
    return report.exitStatus
  }

  fileprivate func emit(_ type: String, _ members: [(String, JSONValue)]) {
    terminal.printVerbatim(JSONValue.event(type, members).text)
  }

  fileprivate static func members(
    _ mailbox: MailboxName?, _ file: String?, _ reason: String
  ) -> [(String, JSONValue)] {
    [
      ("mailbox", .string(mailbox?.description)), ("file", .string(file)),
      ("reason", .string(reason)),
    ]
  }

  private func summary(messages: Int, bytes: Int64, _ problems: Int, _ status: ExitStatus) {
    emit(
      "summary",
      [
        ("command", .string("trash")), ("action", .string(action.rawValue)),
        ("messages", .integer(messages)), ("bytes", .integer(bytes)),
        ("unreadable", .integer(problems)), ("exit_status", .integer(Int64(status.rawValue))),
      ])
  }
}

/// Shows the messages of one run in the trash, a line each.
private struct TrashList: ListObserver {
  let output: TrashOutput
  let removed: InternalDate

  private var terminal: Terminal { output.terminal }

  func began(_ mailbox: MailboxName) {}
  func mailbox(_ mailbox: ListedMailbox) {}

  func message(_ message: ListedMessage) {
    if output.isJSON {
      output.emit(
        "message-trashed",
        [("removed", .string(Timestamp.full(removed)))] + JSONReport.members(message))
    } else {
      terminal.print(
        ListText.trashed(message, removed: removed, width: terminal.outputWidth))
    }
  }

  func problem(_ problem: ListProblem) {
    if output.isJSON {
      output.emit(
        "unreadable", TrashOutput.members(problem.mailbox, problem.file, problem.reason))
    }
    terminal.warn("mailarc: " + TerminalText.escape(problem.line))
  }

  func passedOver(_ text: String) {
    guard !output.isJSON else {
      return output.emit(
        "notice", [("mailbox", .null), ("kind", .string("other")), ("text", .string(text))])
    }
    terminal.note(["mailarc: not read: " + TerminalText.escape(text)])
  }
}
