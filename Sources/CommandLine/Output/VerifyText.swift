import Mail
import Pipeline

/// Writes what a verification or a rebuild found, for people.
enum VerifyText {
  /// The whole report of a verification: what was found, notes, and a line that sums it up.
  static func render(_ report: VerifyReport) -> [String] {
    let lines = findings(report.findings) + notes(report.notes)
    return lines + (lines.isEmpty ? [] : [""]) + [verdict(report)]
  }

  /// The whole report of a rebuild.
  static func render(_ report: RebuildReport) -> [String] {
    let actions = report.actions.map { "  " + TerminalText.escape("\($0.file): \($0.text)") }
    let lines =
      (actions.isEmpty ? [] : ["Made anew:"] + actions)
      + findings(report.findings) + notes(report.notes)
    let verdict =
      report.actions.isEmpty
      ? "Nothing was lost or broken that could be made anew."
      : Quantity.count(report.actions.count, "file") + " made anew."
    return lines + (lines.isEmpty ? [] : [""]) + [verdict]
  }

  /// The findings by kind, each kind with what can be done about it.
  static func findings(_ findings: [VerifyFinding]) -> [String] {
    VerifyFinding.Kind.allCases.flatMap { kind -> [String] in
      let those = findings.filter { $0.kind == kind }
      guard !those.isEmpty else { return [] }
      return [heading(kind) + ":"] + those.map { "  " + line($0) } + ["  hint: " + advice(kind)]
    }
  }

  private static func line(_ finding: VerifyFinding) -> String {
    // The words of some errors have the path in them.
    let file = finding.file.flatMap { finding.text.contains($0) ? nil : $0 }
    let parts = [finding.mailbox?.description, file, finding.text].compactMap { $0 }
    return TerminalText.escape(parts.joined(separator: ": "))
  }

  private static func notes(_ notes: [String]) -> [String] {
    notes.isEmpty ? [] : ["Notes:"] + notes.map { "  " + TerminalText.escape($0) }
  }

  private static func verdict(_ report: VerifyReport) -> String {
    let read =
      "\(Quantity.count(report.messages, "message")) in "
      + "\(Quantity.count(report.mailboxes, "mailbox", plural: "mailboxes")) read "
      + "(\(Quantity.bytes(report.bytes)))"
    var parts = ["\(Quantity.count(report.intact)) intact"]
    if report.unrecorded > 0 {
      parts.append("\(Quantity.count(report.unrecorded)) without a record to compare with")
    }
    if !report.findings.isEmpty {
      let count = Quantity.count(report.findings.count, "finding")
      parts.append(count + ": see above")
    }
    return read + ", " + parts.joined(separator: ", ") + "."
  }

  private static func heading(_ kind: VerifyFinding.Kind) -> String {
    switch kind {
    case .edited: "Edited since they came"
    case .damaged: "Damaged"
    case .truncated: "Cut off"
    case .changed: "Not as they came"
    case .unreadable: "Can't be read"
    case .missing: "Missing"
    case .mailboxUnreadable: "Mailboxes that can't be read"
    case .mailboxMissing: "Mailboxes that are missing"
    case .journalDamaged: "Journals that are damaged"
    case .stateDamaged: "Records that are damaged"
    }
  }

  /// What the user can do about such a finding, in whole sentences.
  static func advice(_ kind: VerifyFinding.Kind) -> String {
    switch kind {
    case .edited:
      "If the edit was meant, all is well: a push sends the message as it is now."
    case .damaged, .truncated, .changed:
      "Put the file back from a backup. If it was pulled and the source still has it, delete the file "
        + "and run `mailarc pull --refetch-deleted`."
    case .unreadable, .mailboxUnreadable:
      "Look at the rights of the files and at the health of the disk, then verify again."
    case .missing, .mailboxMissing:
      "If you deleted them, the next run with --accept-deletions takes note of it. If not, put them back "
        + "from a backup, or run `mailarc pull --refetch-deleted` if they were pulled and the source "
        + "still has them."
    case .journalDamaged, .stateDamaged:
      "Run `mailarc verify --rebuild`; no mail is lost by it."
    }
  }
}
