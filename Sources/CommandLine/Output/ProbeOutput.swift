import Clients
import Mail
import Pipeline
import Protocols
import Transport

/// Prints what a probe found.
struct ProbeOutput {
  private let terminal: Terminal
  private let isQuiet: Bool
  private let events: JSONEvents?

  /// The form that the command line asks for.
  init(_ context: RunContext) {
    terminal = context.terminal
    isQuiet = context.invocation.has(.quiet)
    events =
      context.invocation.has(.json)
      ? JSONEvents(terminal: terminal, now: RunOutput.now) : nil
  }

  /// Shows all of it; if quiet, only what would go wrong.
  func finish(_ report: ProbeReport) {
    if let events {
      for account in report.accounts {
        events.emit("account-probed", ProbeJSON.members(account))
        ProbeJSON.mailboxes(account).forEach { events.emit("mailbox-probed", $0) }
      }
      ProbeJSON.findings(report).forEach { events.emit("finding", $0) }
      events.emit("summary", ProbeJSON.summary(report))
    } else if isQuiet {
      terminal.note(ProbeText.warnings(report))
    } else {
      terminal.print(ProbeText.render(report))
    }
  }
}

/// What a probe found as the members of events.
enum ProbeJSON {
  typealias Members = [(String, JSONValue)]

  /// How an account is reached and what its server can do.
  static func members(_ probed: ProbeReport.Account) -> Members {
    let account = probed.account
    let common: Members = [
      ("role", .string(probed.role.rawValue)), ("account", .string(account.identity)),
      ("service", .string(account.service == .imap ? "imap" : "pop3")),
      ("host", .string(account.host)), ("port", .integer(Int(account.port))),
      ("address", .string(account.link.address)), ("tls", tls(account.link.tls)),
      ("login", .string(account.login)),
      ("mechanisms", .array(account.mechanisms.map { .string($0) })),
    ]
    return common + content(account.content)
  }

  private static func tls(_ facts: TLSFacts?) -> JSONValue {
    guard let facts else { return .null }
    return object([
      ("version", .string(facts.version)), ("cipher", .string(facts.cipher)),
      ("subject", .string(facts.certificate?.subject)),
      ("issuer", .string(facts.certificate?.issuer)),
      ("names", .string(facts.certificate?.names)),
      (
        "valid_until",
        .string(
          facts.certificate?.validUntil.map {
            Timestamp.full(InternalDate(epochSeconds: $0))
          })
      ),
    ])
  }

  private static func content(_ content: ProbedAccount.Content) -> Members {
    switch content {
    case .imap(let found):
      [
        ("server", .string(ProbeText.server(found))),
        ("capabilities", .array(found.capabilities.all.map(\.name).sorted().map { .string($0) })),
        (
          "separator",
          .string(found.tree.separator.map { String(Character(Unicode.Scalar($0))) })
        ),
        ("prefix", .string(found.tree.prefix.description)),
        ("append_limit", number(found.appendLimit)), ("quotas", quotas(found.quotas)),
        ("mailboxes", .integer(found.mailboxes.count)), ("messages", .integer(found.messages)),
        ("bytes", found.octets.isWhole ? number(found.octets.known) : .null),
      ]
    case .pop3(let found):
      [
        ("uidl", found.hasUIDLs.map { .bool($0) } ?? .null),
        ("top", found.capabilities.map { .bool($0.hasTop) } ?? .null),
        ("pipelining", found.capabilities.map { .bool($0.hasPipelining) } ?? .null),
        ("imap_port", found.imapPort.map { .integer(Int($0)) } ?? .null),
        ("mailboxes", .integer(1)), ("messages", .integer(Int(found.messages))),
        ("bytes", number(found.octets)),
      ]
    }
  }

  private static func quotas(_ quotas: [Quota]?) -> JSONValue {
    guard let quotas else { return .null }
    return .array(
      quotas.map { quota in
        object([
          ("root", .string(String(decoding: quota.root, as: UTF8.self))),
          ("bytes_used", number(quota.octets?.usage)), ("bytes_limit", number(quota.octets?.limit)),
          ("messages_used", number(quota.messages?.usage)),
          ("messages_limit", number(quota.messages?.limit)),
        ])
      })
  }

  /// Its mailboxes, one event each; none over POP3.
  static func mailboxes(_ probed: ProbeReport.Account) -> [Members] {
    guard case .imap(let found) = probed.account.content else { return [] }
    return found.mailboxes.map { mailbox in
      [
        ("role", .string(probed.role.rawValue)), ("mailbox", .string(mailbox.name.description)),
        ("special_use", .array(mailbox.specialUses.map { .string($0.rawValue) })),
        ("selectable", .bool(mailbox.isSelectable)), ("messages", number(mailbox.messages)),
        ("unread", number(mailbox.unseen)), ("bytes", number(mailbox.octets)),
        ("keywords", .array(mailbox.keywords.sorted().map { .string($0.name) })),
        ("keeps_keywords", keeps(mailbox.keeps)),
      ]
    }
  }

  private static func keeps(_ kept: KeywordsKept) -> JSONValue {
    switch kept {
    case .untold: .null
    case .any: .string("any")
    case .only(let keywords): .array(keywords.sorted().map { .string($0.name) })
    }
  }

  /// What is to be said, one event each.
  static func findings(_ report: ProbeReport) -> [Members] {
    report.accounts.flatMap { account in
      account.findings.map { members($0, role: account.role.rawValue) }
    } + report.pair.map { members($0, role: "pair") }
  }

  private static func members(_ finding: ProbeFinding, role: String) -> Members {
    [
      ("role", .string(role)), ("kind", .string(finding.kind.rawValue)),
      ("warning", .bool(finding.kind.isWarning)),
      ("mailbox", .string(finding.mailbox?.description)), ("text", .string(finding.text)),
      ("advice", .string(finding.advice)),
    ]
  }

  /// The last event.
  static func summary(_ report: ProbeReport) -> Members {
    [
      ("command", .string("probe")), ("accounts", .integer(report.accounts.count)),
      ("warnings", .integer(report.findings.count { $0.kind.isWarning })),
      ("notes", .integer(report.findings.count { !$0.kind.isWarning })),
      ("exit_status", .integer(Int64(report.exitStatus.rawValue))),
    ]
  }

  private static func object(_ members: Members) -> JSONValue {
    .object(members.map { JSONMember(name: $0.0, value: $0.1) })
  }

  private static func number(_ value: (some BinaryInteger)?) -> JSONValue {
    value.map { .integer(Int64(clamping: $0)) } ?? .null
  }
}
