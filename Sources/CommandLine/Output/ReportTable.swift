import Mail
import Pipeline

/// The table of mailboxes in a report.
enum ReportTable {
  private struct Column {
    let heading: String
    let cell: (MailboxReport) -> String
    let isShown: Bool
  }

  /// One row for each mailbox in which something happened, with a heading; nothing if there is none.
  ///
  /// Columns that would be empty are left out.
  static func render(_ report: RunReport) -> [String] {
    let mailboxes = report.mailboxes.filter(\.hasChanges).sorted { $0.name < $1.name }
    guard !mailboxes.isEmpty else { return [] }
    let columns = columns(report).filter(\.isShown)
    var rows = [["Mailbox"] + columns.map(\.heading)]
    for mailbox in mailboxes {
      rows.append(
        [TerminalText.escape(mailbox.name.description)] + columns.map { $0.cell(mailbox) })
    }
    if mailboxes.count > 1 {
      let totals = report.totals
      rows.append(["Total"] + columns.map { $0.cell(totals) })
    }
    return Columns.lines(rows)
  }

  private static func columns(_ report: RunReport) -> [Column] {
    let totals = report.totals
    func counted(_ heading: String, _ path: KeyPath<MailboxReport, Int>) -> Column {
      Column(
        heading: heading, cell: { Quantity.count($0[keyPath: path]) },
        isShown: totals[keyPath: path] > 0)
    }
    return [
      Column(
        heading: report.direction.participle.capitalizedFirst,
        cell: { Quantity.count($0.transferred) },
        isShown: true),
      Column(
        heading: "Size", cell: { Quantity.bytes($0.transferredBytes) },
        isShown: totals.transferred > 0),
      counted("Present", \.alreadyPresent),
      counted("Flags", \.flagsUpdated),
      counted("Moved", \.moved),
      counted("Removed", \.removed),
      counted("Dates", \.datesFixed),
      counted("Gone at source", \.goneAtSource),
      counted("Gone on target", \.goneOnTarget),
      counted("Deleted by hand", \.deletedByHand),
      counted("Merged by server", \.collapsed),
    ]
  }
}
