import Mail
import Pipeline

/// Writes what a dry run would do, one line a change.
enum PlanText {
  /// The line for a change: `fetch INBOX 4711 (12.3 kB)`.
  static func line(_ change: PlannedChange, direction: Direction) -> String {
    var words = [verb(change.action, direction)]
    words.append(name(change.mailbox))
    if let uid = change.uid { words.append("UID \(uid)") }
    if let file = change.file { words.append(TerminalText.escape(file)) }
    if change.uid == nil, change.file == nil, change.messages > 0 {
      words.append(Quantity.count(change.messages, "message"))
    }
    if let destination = change.destination { words.append("to " + name(destination)) }
    if let detail = change.detail { words.append(TerminalText.escape(detail)) }
    if let bytes = change.bytes { words.append("(\(Quantity.bytes(bytes)))") }
    return words.joined(separator: "  ")
  }

  private static func name(_ mailbox: MailboxName) -> String {
    TerminalText.escape(mailbox.description)
  }

  private static func verb(_ action: PlannedChange.Action, _ direction: Direction) -> String {
    switch action {
    case .createMailbox: "create"
    case .renameMailbox: "rename"
    case .subscribe: "subscribe"
    case .unsubscribe: "unsubscribe"
    case .transfer: direction.verb
    case .updateFlags: "flags"
    case .move: "move"
    case .remove: "remove"
    case .fixDate: "fix date"
    }
  }
}
