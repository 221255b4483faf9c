import Mail
import Pipeline

/// Writes the report that ends a run, for people.
enum ReportText {
  /// The whole report: a table of the mailboxes in which something happened, what needs attention,
  /// and a line that sums it up.
  static func render(_ report: RunReport) -> [String] {
    var lines = ReportTable.render(report)
    let rest = attention(report) + section("Notes", report.notices.flatMap(text))
    if !lines.isEmpty, !rest.isEmpty { lines.append("") }
    lines += rest
    if !lines.isEmpty { lines.append("") }
    return lines + [ReportVerdict.line(report)]
  }

  /// What needs attention alone: failures and questions; empty if there are none.
  static func attention(_ report: RunReport) -> [String] {
    section("Messages not \(report.direction.participle)", report.failures.flatMap(text))
      + section("Mailboxes given up", report.mailboxFailures.flatMap(text))
      + section("Waiting for an answer", report.questions.flatMap(text))
  }

  private static func section(_ heading: String, _ lines: [String]) -> [String] {
    lines.isEmpty ? [] : [heading + ":"] + lines.map { "  " + $0 }
  }

  private static func text(_ failure: MessageFailure) -> [String] {
    var place = failure.mailbox.description
    if let uid = failure.uid { place += ", UID \(uid)" }
    if let file = failure.file { place += ", \(file)" }
    return item(place, failure.reason, then: failure.advice.map { "hint: " + $0 })
  }

  private static func text(_ failure: MailboxFailure) -> [String] {
    item(
      failure.mailbox.description, failure.failure.summary,
      then: failure.failure.advice.map { "hint: " + $0 })
  }

  private static func text(_ question: Question) -> [String] {
    item(
      question.mailbox.description, question.text,
      then: "answer with " + question.options.joined(separator: " or "))
  }

  private static func text(_ notice: Notice) -> [String] {
    guard let mailbox = notice.mailbox else { return [TerminalText.escape(notice.text)] }
    return item(mailbox.description, notice.text, then: nil)
  }

  private static func item(_ place: String, _ text: String, then more: String?) -> [String] {
    let lines = [TerminalText.escape("\(place): \(text)")]
    return lines + (more.map { ["  " + TerminalText.escape($0)] } ?? [])
  }
}
