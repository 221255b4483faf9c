import Mail
import Pipeline

/// The line that sums a run up.
enum ReportVerdict {
  /// `1,234 messages fetched (56.7 MB), 2 could not be: see above.` and the like.
  static func line(_ report: RunReport) -> String {
    let sentence = sentence(report)
    guard report.accountFailure == nil else {
      return "Not finished: " + sentence + "; run the same command again to go on."
    }
    guard sentence.first?.isLowercase == true else { return sentence + "." }
    return sentence.prefix(1).uppercased() + sentence.dropFirst() + "."
  }

  private static func sentence(_ report: RunReport) -> String {
    let done = done(report)
    let open = open(report)
    guard done.isEmpty else { return (done + open).joined(separator: ", ") + seeAbove(open) }
    guard open.isEmpty else {
      return (["nothing was \(verb(report))"] + open).joined(separator: ", ") + seeAbove(open)
    }
    guard report.accountFailure == nil else { return "nothing was \(verb(report))" }
    return "nothing to do: " + present(report)
  }

  private static func done(_ report: RunReport) -> [String] {
    let totals = report.totals
    var parts: [String] = []
    if totals.transferred > 0 {
      let count = Quantity.count(totals.transferred, "message")
      let size = Quantity.bytes(totals.transferredBytes)
      parts.append(
        report.dryRun
          ? "would \(report.direction == .pull ? "fetch" : "append") \(count) (\(size))"
          : "\(count) \(verb(report)) (\(size))")
    }
    if totals.flagsUpdated > 0 {
      let what = "flags of \(Quantity.count(totals.flagsUpdated, "message"))"
      parts.append(report.dryRun ? "would change \(what)" : what + " changed")
    }
    if totals.moved > 0 {
      let what = Quantity.count(totals.moved, "message")
      parts.append(report.dryRun ? "would move \(what)" : what + " moved")
    }
    return parts
  }

  private static func open(_ report: RunReport) -> [String] {
    var parts: [String] = []
    if !report.failures.isEmpty {
      parts.append("\(Quantity.count(report.failures.count)) could not be")
    }
    if !report.mailboxFailures.isEmpty {
      let count = report.mailboxFailures.count
      parts.append(Quantity.count(count, "mailbox", plural: "mailboxes") + " given up")
    }
    let collapsed = report.totals.collapsed
    if collapsed > 0 {
      parts.append(Quantity.count(collapsed) + " merged by the server with an equal one")
    }
    if !report.questions.isEmpty {
      let count = report.questions.count
      parts.append(
        Quantity.count(count, "mailbox waits", plural: "mailboxes wait") + " for an answer")
    }
    return parts
  }

  private static func seeAbove(_ open: [String]) -> String {
    open.isEmpty ? "" : ": see above"
  }

  private static func present(_ report: RunReport) -> String {
    let mailboxes = Quantity.count(report.mailboxes.count, "mailbox", plural: "mailboxes")
    let skipped = report.mailboxes.count { $0.skipped }
    let messages = Quantity.count(report.totals.alreadyPresent, "message")
    let place = report.direction == .pull ? "in the archive" : "on the target"
    if skipped == report.mailboxes.count { return "\(mailboxes), all unchanged" }
    if skipped == 0 { return "\(mailboxes), \(messages) already \(place)" }
    return "\(mailboxes), \(Quantity.count(skipped)) of them unchanged, "
      + "\(messages) already \(place)"
  }

  private static func verb(_ report: RunReport) -> String {
    report.direction == .pull ? "fetched" : "appended"
  }
}
