import Mail
import Pipeline

extension VerifyOutput: ComparisonObserver {
  func finding(_ finding: ComparisonFinding) {
    switch form {
    case .display(let display): if finding.kind.isMessage { display.failed() }
    case .events(let events):
      if finding.kind.isMessage { events.failed() }
      events.emit("finding", Self.members(finding))
    }
  }

  /// Shows what a comparison found.
  ///
  /// - Parameters:
  ///   - report: what was found.
  ///   - receipt: the receipt that was written.
  func finish(_ report: ComparisonReport, receipt: String?) {
    switch form {
    case .events(let events):
      events.notes(report.notes)
      events.emit("summary", Self.members(report, receipt))
    case .display(let display):
      display.finish()
      show(ComparisonText.attention(report), all: ComparisonText.render(report))
    }
  }

  private static func members(_ finding: ComparisonFinding) -> [(String, JSONValue)] {
    [
      ("kind", .string(finding.kind.rawValue)),
      ("mailbox", .string(finding.mailbox?.description)),
      ("uids", finding.uids.isEmpty ? .null : .string(finding.uids.description)),
      ("file", .string(finding.file)), ("text", .string(finding.text)),
      ("advice", .string(ComparisonText.advice(finding.kind))),
    ]
  }

  private static func members(
    _ report: ComparisonReport, _ receipt: String?
  ) -> [(String, JSONValue)] {
    [
      ("command", .string("verify")), ("mailboxes", .integer(report.mailboxes)),
      ("messages", .integer(report.messages)), ("on_server", .integer(report.onServer)),
      ("by_content", .integer(report.byContent)), ("by_header", .integer(report.byHeader)),
    ]
      + ComparisonFinding.Kind.allCases.map { kind in
        (kind.rawValue.replacing("-", with: "_"), .integer(report.counts[kind] ?? 0))
      } + [
        ("receipt", .string(receipt)),
        ("exit_status", .integer(Int64(report.exitStatus.rawValue))),
      ]
  }
}
