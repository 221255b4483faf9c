import Pipeline

/// Writes for people how a selftest goes on and what came of it.
enum SelftestText {
  /// The first line.
  static func began(mailbox: String, seed: UInt64) -> String {
    "pushing into the scratch mailbox \(TerminalText.escape(mailbox)), seed \(seed)"
  }

  /// `round 3: killed at step 7, run again at once: 9 messages, all as they should be (10.4 s)`.
  static func line(_ round: SelftestRound) -> String {
    let kills = round.kills.map { "killed \($0.moment)" }.joined(separator: ", again ")
    let begin = kills.isEmpty ? "ended before it could be killed" : kills
    let pause = round.pause == 0 ? "at once" : "after \(tenths(round.pause)) s"
    let resumed = kills.isEmpty ? "" : ", run again \(pause)"
    let messages = Quantity.count(round.messages, "message")
    let result =
      round.findings == 0
      ? "\(messages), all as they should be"
      : "\(messages), \(Quantity.count(round.findings, "finding"))"
    return "round \(round.number): \(begin)\(resumed): \(result) (\(tenths(round.seconds)) s)"
  }

  /// The whole report: what was found, what is kept, and a line that sums it up.
  static func render(_ report: SelftestReport) -> [String] {
    var lines: [String] = []
    for kind in SelftestFinding.Kind.allCases {
      let findings = report.findings.filter { $0.kind == kind }
      guard !findings.isEmpty else { continue }
      lines.append(heading(kind) + ":")
      lines += findings.map { "  " + TerminalText.escape($0.text) }
    }
    if !report.findings.isEmpty { lines += ["Kept for looking at, with seed \(report.seed):"] }
    if let mailbox = report.mailbox {
      lines.append("  the mailbox " + TerminalText.escape(mailbox) + left(report))
    }
    if let archive = report.archive {
      lines.append("  the archive " + TerminalText.escape(archive) + left(report))
    }
    if !lines.isEmpty { lines.append("") }
    return lines + [verdict(report)]
  }

  /// `20 kills: 0 lost, 0 doubled`.
  private static func verdict(_ report: SelftestReport) -> String {
    var parts = ["\(report.count(.lost)) lost", "\(report.count(.doubled)) doubled"]
    for kind in [SelftestFinding.Kind.different, .unknown] where report.count(kind) > 0 {
      parts.append("\(report.count(kind)) \(kind.rawValue)")
    }
    if report.complaints > 0 {
      parts.append(
        Quantity.count(report.complaints, "push", plural: "pushes") + " not content: see above")
    }
    let isShort = report.findings.isEmpty && report.kills < report.plannedKills
    let of = isShort ? " of \(report.plannedKills), the others came too late" : ""
    return "\(Quantity.count(report.kills, "kill"))\(of): " + parts.joined(separator: ", ")
  }

  private static func left(_ report: SelftestReport) -> String {
    report.findings.isEmpty ? " could not be removed" : ""
  }

  private static func heading(_ kind: SelftestFinding.Kind) -> String {
    switch kind {
    case .lost: "Lost"
    case .doubled: "Doubled"
    case .different: "Different"
    case .unknown: "Never sent"
    }
  }

  private static func tenths(_ seconds: Double) -> String {
    let tenths = Int((seconds * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
