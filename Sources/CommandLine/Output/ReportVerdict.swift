import Mail
import Pipeline

/// The line that sums a run up.
enum ReportVerdict {
  /// `1,234 messages fetched (56.7 MB), 2 could not be: see above.` and the like.
  static func line(_ report: RunReport) -> String {
    let sentence = sentence(report)
    guard report.accountFailure == nil else {
      // What to do about it is the failure's own advice.
      return "Not finished: " + sentence + "."
    }
    guard sentence.first?.isLowercase == true else { return sentence + "." }
    return sentence.capitalizedFirst + "."
  }

  private static func sentence(_ report: RunReport) -> String {
    let open = open(report)
    let parts = transferred(report) + failed(report) + changed(report) + open
    guard parts.isEmpty else {
      let isFine = open.isEmpty && report.failures.isEmpty
      return parts.joined(separator: ", ") + (isFine ? "" : ": see above")
    }
    guard report.accountFailure == nil else { return "nothing was \(verb(report))" }
    return "nothing to do: " + present(report)
  }

  private static func transferred(_ report: RunReport) -> [String] {
    let totals = report.totals
    guard totals.transferred > 0 else { return [] }
    let count = Quantity.count(totals.transferred, "message")
    let size = Quantity.bytes(totals.transferredBytes)
    guard report.dryRun else { return ["\(count) \(verb(report)) (\(size))"] }
    return ["would \(report.direction.verb) \(count) (\(size))"]
  }

  private static func failed(_ report: RunReport) -> [String] {
    let failures = report.failures.count
    guard failures > 0 else { return [] }
    guard report.totals.transferred == 0 else {
      return ["\(Quantity.count(failures)) could not be"]
    }
    return ["\(Quantity.count(failures, "message")) could not be \(verb(report))"]
  }

  private static func changed(_ report: RunReport) -> [String] {
    let totals = report.totals
    var parts: [String] = []
    if totals.flagsUpdated > 0 {
      let what = "flags of \(Quantity.count(totals.flagsUpdated, "message"))"
      parts.append(report.dryRun ? "would change \(what)" : what + " changed")
    }
    if totals.moved > 0 {
      let what = Quantity.count(totals.moved, "message")
      parts.append(report.dryRun ? "would move \(what)" : what + " moved")
    }
    if totals.removed > 0 {
      let what = Quantity.count(totals.removed, "message")
      if report.direction == .pull {
        parts.append((report.dryRun ? "would put \(what)" : what + " put") + " into the trash")
      } else {
        parts.append(report.dryRun ? "would remove \(what)" : what + " removed")
      }
    }
    if totals.datesFixed > 0 {
      let what = "the date of " + Quantity.count(totals.datesFixed, "message")
      parts.append(report.dryRun ? "would fix \(what)" : what + " fixed")
    }
    return parts
  }

  private static func open(_ report: RunReport) -> [String] {
    var parts: [String] = []
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

  private static func present(_ report: RunReport) -> String {
    let mailboxes = Quantity.count(report.mailboxes.count, "mailbox", plural: "mailboxes")
    let skipped = report.mailboxes.count { $0.skipped }
    let messages = Quantity.count(report.totals.alreadyPresent, "message")
    let place = report.direction.place
    if skipped == report.mailboxes.count { return "\(mailboxes), all unchanged" }
    if skipped == 0 { return "\(mailboxes), \(messages) already \(place)" }
    return "\(mailboxes), \(Quantity.count(skipped)) of them unchanged, "
      + "\(messages) already \(place)"
  }

  private static func verb(_ report: RunReport) -> String {
    report.direction.participle
  }
}
