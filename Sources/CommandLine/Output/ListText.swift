import Mail
import Pipeline

/// Writes lists of mailboxes and messages for people.
enum ListText {
  /// A table of mailboxes with a line for all together; under each its explanation, if it has one.
  static func mailboxes(_ mailboxes: [ListedMailbox], totals: ListTotals) -> [String] {
    var rows = [["Mailbox", "Messages", "Unread", "Size", "Oldest", "Newest"]]
    rows += mailboxes.map(row)
    rows.append(
      [
        "Total", Quantity.count(totals.messages), Quantity.count(totals.unread),
        Quantity.bytes(totals.bytes), day(mailboxes.compactMap(\.oldest).min()),
        day(mailboxes.compactMap(\.newest).max()),
      ])
    var lines = Columns.lines(rows)
    // From the end, so that what is inserted moves nothing that is still to come.
    for (index, mailbox) in mailboxes.enumerated().reversed() {
      guard let explanation = mailbox.explanation else { continue }
      lines.insert("  " + TerminalText.escape(explanation), at: index + 2)
    }
    return lines
  }

  private static func row(_ mailbox: ListedMailbox) -> [String] {
    [
      TerminalText.escape(mailbox.name.description), Quantity.count(mailbox.messages),
      Quantity.count(mailbox.unread), Quantity.bytes(mailbox.bytes), day(mailbox.oldest),
      day(mailbox.newest),
    ]
  }

  /// The line for one message: date, flags, sender, subject, size.
  ///
  /// - Parameters:
  ///   - message: what to show.
  ///   - width: columns that the line may have; nil where nothing is to be cut.
  /// - Returns: the line, escaped.
  static func line(_ message: ListedMessage, width: Int?) -> String {
    let start = "\(time(message.date))  \(letters(message.flags))  "
    let size = Quantity.bytes(message.size)
    let from = TerminalText.escape(message.from)
    let subject = (message.isIncomplete ? incomplete : "") + TerminalText.escape(message.subject)
    guard let width else {
      return start + TerminalText.pad(from, to: fromWidth) + "  " + subject + "  " + size
    }
    let sizeColumn = String(repeating: " ", count: max(0, sizeWidth - size.utf8.count)) + size
    // Date and flags have the same width in all lines; what is left is shared.
    let room = max(0, width - start.utf8.count - sizeColumn.utf8.count - 4)
    let fromRoom = min(fromWidth, room / 3)
    let subjectRoom = room - fromRoom
    return TerminalText.prefix(
      start + fit(from, fromRoom) + "  " + fit(subject, subjectRoom) + "  " + sizeColumn,
      columns: width)
  }

  /// The same for a message in the trash, after when it was removed and from where.
  static func trashed(_ message: ListedMessage, removed: InternalDate, width: Int?) -> String {
    let name = TerminalText.escape(message.mailbox.description)
    let start = Timestamp.minute(removed) + "  "
    guard let width else {
      return start + TerminalText.pad(name, to: mailboxWidth) + "  " + line(message, width: nil)
    }
    let room = width - start.utf8.count - mailboxWidth - 2
    return TerminalText.prefix(
      start + fit(name, mailboxWidth) + "  " + line(message, width: max(0, room)), columns: width)
  }

  private static let mailboxWidth = 16
  private static let incomplete = "[incomplete] "
  private static let fromWidth = 24
  private static let sizeWidth = 8

  private static func fit(_ text: String, _ columns: Int) -> String {
    guard TerminalText.width(text) > columns else { return TerminalText.pad(text, to: columns) }
    guard columns > 1 else { return String(repeating: " ", count: columns) }
    return TerminalText.pad(TerminalText.prefix(text, columns: columns - 1) + "…", to: columns)
  }

  /// Maildir's letters, each in its own column, for flags that are set.
  private static func letters(_ flags: Flags) -> String {
    String(
      decoding: SystemFlags.named.map { flags.system.contains($0.flag) ? $0.letter : 0x20 },
      as: UTF8.self)
  }

  /// The day in UTC, as `2023-11-14`; empty where there is none.
  private static func day(_ date: InternalDate?) -> String {
    date.map { Timestamp.day($0) } ?? ""
  }

  private static func time(_ date: InternalDate) -> String { Timestamp.minute(date) }
}
