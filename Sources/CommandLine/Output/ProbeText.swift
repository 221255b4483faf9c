import Clients
import Mail
import Pipeline
import Protocols
import Transport

/// Writes what a probe found, for people.
enum ProbeText {
  /// All of it: each account, what would go wrong, notes, and a line that sums it up.
  static func render(_ report: ProbeReport) -> [String] {
    var lines: [String] = []
    for account in report.accounts { lines += self.account(account) + [""] }
    let told = warnings(report) + section("Notes", report) { !$0.kind.isWarning }
    return lines + told + (told.isEmpty ? [] : [""]) + [verdict(report)]
  }

  /// What would go wrong alone; empty if nothing would.
  static func warnings(_ report: ProbeReport) -> [String] {
    section("Warnings", report) { $0.kind.isWarning }
  }

  private static func section(
    _ heading: String, _ report: ProbeReport, _ isMeant: (ProbeFinding) -> Bool
  ) -> [String] {
    let isPair = report.accounts.count > 1
    var lines: [String] = []
    for account in report.accounts {
      lines += account.findings.filter(isMeant).flatMap {
        text($0, isPair ? account.role.rawValue + ": " : "")
      }
    }
    lines += report.pair.filter(isMeant).flatMap { text($0, "") }
    return lines.isEmpty ? [] : [heading + ":"] + lines
  }

  private static func text(_ finding: ProbeFinding, _ role: String) -> [String] {
    let place = finding.mailbox.map { $0.description + ": " } ?? ""
    return ["  " + TerminalText.escape(role + place + finding.text)]
      + (finding.advice.map { ["    hint: " + TerminalText.escape($0)] } ?? [])
  }

  private static func verdict(_ report: ProbeReport) -> String {
    let count = report.findings.count { $0.kind.isWarning }
    if count == 0 { return "Nothing was found that would go wrong." }
    return Quantity.count(count, "warning") + ": see above."
  }

  // MARK: An account

  private static func account(_ probed: ProbeReport.Account) -> [String] {
    let account = probed.account
    let role = probed.role == .account ? "" : probed.role.rawValue + ": "
    let head =
      "\(role)\(account.identity), \(account.service.name) on \(account.host):\(account.port)"
    let rows = [("address", account.link.address ?? "")] + tls(account) + content(account)
    let width = rows.map(\.0.count).max() ?? 0
    return [TerminalText.escape(head)]
      + rows.filter { !$0.1.isEmpty }.map { name, value in
        "  " + TerminalText.pad(name, to: width) + "  " + TerminalText.escape(value)
      } + mailboxes(account.content)
  }

  private static func tls(_ account: ProbedAccount) -> [(String, String)] {
    guard let tls = account.link.tls else { return [("TLS", "none")] }
    var rows = [("TLS", "\(tls.version), \(tls.cipher)")]
    guard let certificate = tls.certificate else { return rows }
    let end = certificate.validUntil.map {
      ", valid until " + Timestamp.day(InternalDate(epochSeconds: $0))
    }
    rows.append(("certificate", certificate.names + (end ?? "")))
    rows.append(("issued by", certificate.issuer))
    return rows
  }

  private static func content(_ account: ProbedAccount) -> [(String, String)] {
    let offered =
      account.mechanisms.isEmpty ? "" : "; SASL: " + account.mechanisms.joined(separator: " ")
    let login = ("login", (account.login ?? "not needed") + offered)
    switch account.content {
    case .imap(let found): return imap(found, login)
    case .pop3(let found):
      let can = found.capabilities.map { capabilities in
        [
          ("UIDL", capabilities.hasUIDL), ("TOP", capabilities.hasTop),
          ("PIPELINING", capabilities.hasPipelining),
        ]
      }
      return [
        login, ("has", (can ?? []).filter(\.1).map(\.0).joined(separator: " ")),
        ("has not", (can ?? []).filter { !$0.1 }.map(\.0).joined(separator: " ")),
        (
          "holds",
          "\(Quantity.count(Int(found.messages), "message")), "
            + Quantity.bytes(Int64(clamping: found.octets))
        ),
      ]
    }
  }

  private static func imap(
    _ found: ProbedIMAP, _ login: (String, String)
  ) -> [(String, String)] {
    let notable = found.notableCapabilities
    let separator = found.tree.separator.map {
      "separator " + String(Character(Unicode.Scalar($0)))
    }
    let prefix = found.tree.prefix.bytes.isEmpty ? "" : ", prefix \(found.tree.prefix)"
    return [
      ("server", server(found) ?? ""), login,
      ("has", notable.filter(\.isThere).map(\.capability.name).joined(separator: " ")),
      ("has not", notable.filter { !$0.isThere }.map(\.capability.name).joined(separator: " ")),
      ("names", (separator ?? "no hierarchy") + prefix),
      ("quota", quota(found.quotas)),
      (
        "largest message",
        found.appendLimit.map { Quantity.bytes(Int64(clamping: $0)) + " (APPENDLIMIT)" } ?? ""
      ),
    ]
  }

  private static func quota(_ quotas: [Quota]?) -> String {
    guard let quotas else { return "" }
    let told = quotas.flatMap(\.told).map(\.what)
    return told.isEmpty ? "none" : told.joined(separator: ", ") + " used"
  }

  /// What the server calls itself.
  static func server(_ found: ProbedIMAP) -> String? {
    found.serverID["name"].map { name in
      found.serverID["version"].map { "\(name) \($0)" } ?? name
    }
  }

  private static func mailboxes(_ content: ProbedAccount.Content) -> [String] {
    guard case .imap(let found) = content else { return [] }
    let selectable = found.mailboxes.filter(\.isSelectable)
    var rows = [["Mailbox", "Messages", "Unread", "Size", ""]]
    rows += selectable.map { mailbox in
      [
        TerminalText.escape(mailbox.name.description), count(mailbox.messages),
        count(mailbox.unseen), mailbox.octets.map { Quantity.bytes(Int64(clamping: $0)) } ?? "?",
        mailbox.specialUses.map(\.rawValue).joined(separator: " "),
      ]
    }
    let octets = found.octets
    rows.append(
      [
        "Total", Quantity.count(found.messages), "",
        (octets.isWhole ? "" : "at least ") + Quantity.bytes(Int64(clamping: octets.known)), "",
      ])
    return [""]
      + Columns.lines(rows).map { String($0.reversed().drop { $0 == " " }.reversed()) }
  }

  private static func count(_ value: UInt32?) -> String {
    value.map { Quantity.count(Int($0)) } ?? "?"
  }
}
