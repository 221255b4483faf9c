import Mail
import Pipeline
import Synchronization

/// Shows a list for people: messages as they come, a table of mailboxes at the end.
final class ListDisplay: ListObserver {
  private let terminal: Terminal
  private let wantsMessages: Bool
  private let width: Int?
  private let mailboxes = Mutex<[ListedMailbox]>([])

  /// A display of lines at most as wide as the terminal, if it is one.
  init(terminal: Terminal, wantsMessages: Bool) {
    self.terminal = terminal
    self.wantsMessages = wantsMessages
    width = terminal.outputWidth
  }

  func began(_ mailbox: MailboxName) {
    if wantsMessages { terminal.print(TerminalText.escape(mailbox.description) + ":") }
  }

  func message(_ message: ListedMessage) {
    terminal.print("  " + ListText.line(message, width: width.map { $0 - 2 }))
  }

  func mailbox(_ mailbox: ListedMailbox) {
    mailboxes.withLock { $0.append(mailbox) }
    if wantsMessages { terminal.print("") }
  }

  func problem(_ problem: ListProblem) {
    terminal.warn("mailarc: " + TerminalText.escape(problem.line))
  }

  func passedOver(_ text: String) {
    terminal.note(["mailarc: not read: " + TerminalText.escape(text)])
  }

  /// Ends the list with the table.
  func finish(_ totals: ListTotals) {
    terminal.print(ListText.mailboxes(mailboxes.withLock { $0 }, totals: totals))
  }
}

/// Prints a list as JSON, one object a line; the manual has the members.
struct ListEvents: ListObserver {
  let terminal: Terminal

  func began(_ mailbox: MailboxName) {}

  func message(_ message: ListedMessage) {
    emit("message-listed", JSONReport.members(message))
  }

  func mailbox(_ mailbox: ListedMailbox) {
    emit(
      "mailbox-listed",
      [
        ("mailbox", .string(mailbox.name.description)), ("path", .string(mailbox.path)),
        ("messages", .integer(mailbox.messages)), ("unread", .integer(mailbox.unread)),
        ("bytes", .integer(mailbox.bytes)),
        ("oldest", .string(mailbox.oldest.map(Timestamp.full))),
        ("newest", .string(mailbox.newest.map(Timestamp.full))),
        ("explanation", .string(mailbox.explanation)),
      ])
  }

  func problem(_ problem: ListProblem) {
    emit(
      "unreadable",
      [
        ("mailbox", .string(problem.mailbox?.description)), ("file", .string(problem.file)),
        ("reason", .string(problem.reason)),
      ])
    terminal.warn("mailarc: " + TerminalText.escape(problem.line))
  }

  func passedOver(_ text: String) {
    emit("notice", [("mailbox", .null), ("kind", .string("other")), ("text", .string(text))])
  }

  /// Ends the list.
  func finish(_ totals: ListTotals) {
    emit(
      "summary",
      [
        ("command", .string("list")), ("mailboxes", .integer(totals.mailboxes)),
        ("messages", .integer(totals.messages)), ("unread", .integer(totals.unread)),
        ("bytes", .integer(totals.bytes)), ("unreadable", .integer(totals.problems)),
        ("exit_status", .integer(Int64(totals.exitStatus.rawValue))),
      ])
  }

  private func emit(_ type: String, _ members: [(String, JSONValue)]) {
    terminal.printVerbatim(JSONValue.event(type, members).text)
  }
}

extension ListProblem {
  /// What an error line says.
  var line: String {
    // The reason of a system call that failed names the file itself.
    let file = file.flatMap { reason.contains($0) ? nil : $0 }
    return [mailbox?.description, file, reason].compactMap { $0 }.joined(separator: ": ")
  }
}
