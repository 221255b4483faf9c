import Mail
import Pipeline
import Testing

@testable import CommandLine

struct ReportTextTests {
  private func mailbox(_ name: [String], _ change: (inout MailboxReport) -> Void) -> MailboxReport {
    var report = MailboxReport(name: MailboxName(name) ?? .inbox)
    change(&report)
    return report
  }

  @Test func `A run in which much happened`() throws {
    var report = RunReport(direction: .pull, dryRun: false)
    report.mailboxes = [
      mailbox(["Work", "日本"]) {
        $0.transferred = 1200
        $0.transferredBytes = 56_700_000
        $0.flagsUpdated = 3
      },
      mailbox(["Archive"]) { $0.skipped = true },
      mailbox(["INBOX"]) {
        $0.transferred = 34
        $0.transferredBytes = 900
        $0.alreadyPresent = 10
      },
    ]
    let work = try #require(MailboxName(["Work"]))
    report.failures = [
      MessageFailure(
        mailbox: .inbox, uid: UID(17), file: nil, reason: "the server said \u{1B}[2J",
        advice: "Look at it there.")
    ]
    report.notices = [Notice(kind: .flagsNotKept, mailbox: .inbox, text: "$Junk is not kept")]
    report.questions = [
      Question(
        mailbox: work, text: "30 of 40 messages are gone",
        options: ["--accept-deletions", "--refetch-deleted"])
    ]
    #expect(
      ReportText.render(report).joined(separator: "\n") == """
        Mailbox    Fetched     Size  Present  Flags
        INBOX           34    900 B       10      0
        Work/日本    1,200  56.7 MB        0      3
        Total        1,234  56.7 MB       10      3

        Messages not fetched:
          INBOX, UID 17: the server said \\x1B[2J
            hint: Look at it there.
        Waiting for an answer:
          Work: 30 of 40 messages are gone
            answer with --accept-deletions or --refetch-deleted
        Notes:
          INBOX: $Junk is not kept

        1,234 messages fetched (56.7 MB), 1 could not be, flags of 3 messages changed, \
        1 mailbox waits for an answer: see above.
        """)
    #expect(report.exitStatus == .findings)
  }

  @Test func `A run in which nothing was to do`() {
    var report = RunReport(direction: .push, dryRun: false)
    report.mailboxes = [
      mailbox(["INBOX"]) { $0.alreadyPresent = 3400 }, mailbox(["Work"]) { $0.skipped = true },
    ]
    #expect(
      ReportText.render(report) == [
        "Nothing to do: 2 mailboxes, 1 of them unchanged, 3,400 messages already on the target."
      ])
    #expect(ReportText.attention(report) == [])
    #expect(report.exitStatus == .done)
  }

  @Test(arguments: [
    (Direction.pull, false, "2 messages put into the trash."),
    (.pull, true, "Would put 2 messages into the trash."), (.push, false, "2 messages removed."),
    (.push, true, "Would remove 2 messages."),
  ])
  func `What --prune did`(_ direction: Direction, _ dryRun: Bool, _ words: String) {
    var report = RunReport(direction: direction, dryRun: dryRun)
    report.mailboxes = [mailbox(["INBOX"]) { $0.removed = 2 }]
    #expect(ReportText.render(report).last == words)
  }

  @Test func `Nothing but failures`() {
    var report = RunReport(direction: .push, dryRun: false)
    report.failures = [
      MessageFailure(mailbox: .inbox, uid: nil, file: "INBOX/cur/1", reason: "no", advice: nil)
    ]
    #expect(
      ReportText.render(report) == [
        "Messages not appended:", "  INBOX, INBOX/cur/1: no", "",
        "1 message could not be appended: see above.",
      ])
  }

  @Test func `A dry run says what would be done`() {
    var report = RunReport(direction: .push, dryRun: true)
    report.mailboxes = [
      mailbox(["INBOX"]) {
        $0.transferred = 1
        $0.transferredBytes = 5
      }
    ]
    #expect(ReportText.render(report).last == "Would append 1 message (5 B).")
  }

  @Test func `A run that was stopped says how far it came`() {
    var report = RunReport(direction: .pull, dryRun: false)
    report.mailboxes = [mailbox(["INBOX"]) { $0.transferred = 2 }]
    report.accountFailure = Failure(
      scope: .run, cause: .terminated, summary: "stopped", advice: nil, retryable: false)
    #expect(
      ReportText.render(report).last
        == "Not finished: 2 messages fetched (0 B).")
    #expect(report.exitStatus == .terminated)
  }

  @Test func `Statuses follow the causes`() {
    var report = RunReport(direction: .push, dryRun: false)
    report.notices = [Notice(kind: .other, mailbox: nil, text: "so")]
    #expect(report.exitStatus == .done)
    report.mailboxes = [mailbox(["INBOX"]) { $0.collapsed = 1 }]
    #expect(report.exitStatus == .findings)
    for cause in FailureCause.allCases {
      report.accountFailure = Failure(
        scope: .account, cause: cause, summary: "", advice: nil, retryable: false)
      #expect(report.exitStatus == cause.exitStatus)
      #expect(report.exitStatus != .done)
    }
  }
}
