import Mail
import Pipeline

/// Writes what a comparison with an account found, for people.
enum ComparisonText {
  /// The whole report: what differs, notes, and a line that sums it up.
  static func render(_ report: ComparisonReport) -> [String] {
    let notes = report.notes.isEmpty ? [] : ["Notes:"] + report.notes.map(line)
    let lines = findings(report.findings) + notes
    return lines + (lines.isEmpty ? [] : [""]) + [verdict(report)]
  }

  /// What needs attention.
  static func attention(_ report: ComparisonReport) -> [String] {
    findings(report.findings.filter(\.kind.isDifference))
  }

  /// The findings by kind, each kind with what can be done about it.
  static func findings(_ findings: [ComparisonFinding]) -> [String] {
    ComparisonFinding.Kind.allCases.flatMap { kind -> [String] in
      let those = findings.filter { $0.kind == kind }
      guard !those.isEmpty else { return [] }
      return [heading(kind) + ":"] + those.map(line) + ["  hint: " + advice(kind)]
    }
  }

  private static func line(_ note: String) -> String { "  " + TerminalText.escape(note) }

  private static func line(_ finding: ComparisonFinding) -> String {
    // The words of some errors have the path in them.
    let file = finding.file.flatMap { finding.text.contains($0) ? nil : $0 }
    let uids = finding.uids.isEmpty ? nil : "UID \(finding.uids)"
    let parts = [finding.mailbox?.description, uids, file, finding.text].compactMap { $0 }
    return "  " + TerminalText.escape(parts.joined(separator: ": "))
  }

  private static func verdict(_ report: ComparisonReport) -> String {
    func count(_ kind: ComparisonFinding.Kind) -> Int { report.counts[kind] ?? 0 }
    let present = report.byContent + report.byHeader + count(.altered)
    var parts = ["\(Quantity.count(present)) there"]
    if report.byContent + report.byHeader > 0 {
      parts.append(
        "\(Quantity.count(report.byContent)) by content and \(Quantity.count(report.byHeader)) by "
          + "header and size")
    }
    for kind in ComparisonFinding.Kind.allCases where count(kind) > 0 {
      parts.append("\(Quantity.count(count(kind))) \(words(kind))")
    }
    return Quantity.count(report.messages, "message") + " compared with "
      + "\(Quantity.count(report.onServer)) in "
      + Quantity.count(report.mailboxes, "mailbox", plural: "mailboxes") + " of the account: "
      + parts.joined(separator: ", ") + "."
  }

  private static func words(_ kind: ComparisonFinding.Kind) -> String {
    switch kind {
    case .missing: "missing"
    case .unfetched: "not in the archive"
    case .date: "with another date"
    case .flags: "with other flags"
    case .altered: "altered by the server"
    case .extra: "without a counterpart"
    case .unreadable: "that can't be read"
    case .mailboxUnreadable: "mailboxes that can't be read"
    case .mailboxRefused: "mailboxes refused by the server"
    }
  }

  private static func heading(_ kind: ComparisonFinding.Kind) -> String {
    switch kind {
    case .missing: "Missing on the server"
    case .unfetched: "Missing in the archive"
    case .date: "Another date on the server"
    case .flags: "Other flags on the server"
    case .altered: "Altered by the server"
    case .extra: "On the server only"
    case .unreadable: "Can't be read"
    case .mailboxUnreadable: "Mailboxes that can't be read"
    case .mailboxRefused: "Mailboxes that the server does not open"
    }
  }

  /// What the user can do about such a finding, in whole sentences.
  static func advice(_ kind: ComparisonFinding.Kind) -> String {
    switch kind {
    case .missing:
      "To a target, `mailarc push` sends what was not pushed yet, `--retry-refused` what was refused, "
        + "`--resend-deleted` what is gone since."
    case .unfetched: "`mailarc pull` fetches what is new."
    case .date:
      "A push changes no dates: another program put the message there with this one, or the server did "
        + "not take the one that it was given."
    case .flags:
      "If they were changed in the archive, `mailarc push` brings them over; if on the source, "
        + "`mailarc pull`. Not all servers keep all keywords."
    case .altered:
      "This server stores such messages in no other way; the archive has them as they were."
    case .extra: "Others may have put them there, which is no damage."
    case .unreadable, .mailboxUnreadable:
      "Look at the rights of the files and at the health of the disk, then verify again."
    case .mailboxRefused: "Look at the server's words, then verify again."
    }
  }
}
