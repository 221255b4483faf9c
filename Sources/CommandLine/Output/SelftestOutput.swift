import Mail
import Pipeline

/// Shows how a selftest goes on, and prints what it found.
struct SelftestOutput: SelftestObserver {
  private let terminal: Terminal
  private let isQuiet: Bool
  private let events: JSONEvents?
  private let account: String
  private let options: SelftestOptions

  /// The form that the command line asks for.
  init(_ context: RunContext, account: AccountURL, options: SelftestOptions) {
    terminal = context.terminal
    isQuiet = context.invocation.has(.quiet)
    events =
      context.invocation.has(.json)
      ? JSONEvents(terminal: terminal, now: RunOutput.now) : nil
    self.account = account.identity
    self.options = options
  }

  func began(mailbox: String, archive: String) {
    if let events {
      events.emit(
        "start",
        [
          ("version", .string(Version.text)), ("command", .string("selftest")),
          ("account", .string(account)), ("archive", .string(archive)),
          ("mailbox", .string(mailbox)), ("seed", .integer(Int64(clamping: options.seed))),
          ("kills", .integer(options.kills)),
        ])
    } else if !isQuiet {
      terminal.note([SelftestText.began(mailbox: mailbox, seed: options.seed)])
    }
  }

  func round(_ round: SelftestRound) {
    if let events {
      events.emit("round", Self.members(round))
    } else if !isQuiet {
      terminal.note([SelftestText.line(round)])
    }
  }

  func note(_ text: String, advice: String?) {
    if let events {
      events.emit(
        "notice",
        [
          ("mailbox", .null), ("kind", .string("other")), ("text", .string(text)),
          ("advice", .string(advice)),
        ])
    }
    let hints = advice.map { ["hint: " + TerminalText.escape($0)] } ?? []
    terminal.note(["mailarc: " + TerminalText.escape(text)] + hints)
  }

  /// Shows what came of it.
  func finish(_ report: SelftestReport) {
    if let events {
      for finding in report.findings { events.emit("finding", Self.members(finding)) }
      events.emit("summary", Self.members(report))
    } else if !isQuiet {
      terminal.print(SelftestText.render(report))
    } else if report.exitStatus != .done {
      terminal.note(SelftestText.render(report))
    }
  }

  private static func members(_ round: SelftestRound) -> [(String, JSONValue)] {
    [
      ("round", .integer(round.number)), ("kills", .integer(round.kills.count)),
      ("moments", .array(round.kills.map { .string($0.moment) })),
      ("pause_milliseconds", .integer(Int64(round.pause * 1000))),
      ("milliseconds", .integer(Int64(round.seconds * 1000))),
      ("messages", .integer(round.messages)), ("findings", .integer(round.findings)),
    ]
  }

  private static func members(_ finding: SelftestFinding) -> [(String, JSONValue)] {
    [
      ("kind", .string(finding.kind.rawValue)),
      ("message", finding.message.map { .integer($0) } ?? .null),
      ("uid", finding.uid.map { .integer(Int64($0.value)) } ?? .null),
      ("text", .string(finding.text)),
    ]
  }

  private static func members(_ report: SelftestReport) -> [(String, JSONValue)] {
    [
      ("command", .string("selftest")), ("rounds", .integer(report.rounds)),
      ("kills", .integer(report.kills)), ("messages", .integer(report.messages)),
    ] + SelftestFinding.Kind.allCases.map { ($0.rawValue, .integer(report.count($0))) } + [
      ("complaints", .integer(report.complaints)),
      ("seed", .integer(Int64(clamping: report.seed))), ("mailbox", .string(report.mailbox)),
      ("archive", .string(report.archive)),
      ("exit_status", .integer(Int64(report.exitStatus.rawValue))),
    ]
  }
}
