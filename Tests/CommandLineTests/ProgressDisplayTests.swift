import Mail
import Pipeline
import Testing

@testable import CommandLine

struct ProgressDisplayTests {
  private func report(_ name: MailboxName, transferred: Int) -> MailboxReport {
    var report = MailboxReport(name: name)
    report.transferred = transferred
    report.transferredBytes = Int64(transferred) * 1000
    return report
  }

  private func display(_ recording: Recording, _ clock: FakeClock, quiet: Bool) -> ProgressDisplay {
    ProgressDisplay(
      terminal: recording.terminal, direction: .pull, isQuiet: quiet, now: clock.now)
  }

  @Test func `On a terminal the line is redrawn five times a second at most`() {
    let recording = Recording(isInteractive: true)
    let clock = FakeClock()
    let display = display(recording, clock, quiet: false)
    display.plan(totalMessages: 1000, bytes: 1000)
    for count in 1...1000 {
      clock.advance(0.01)
      display.progress(.inbox, messagesDone: count, bytesDone: Int64(count))
    }
    let drawn = recording.errors.split(separator: "\r").count
    #expect(drawn >= 40 && drawn <= 50)
    display.finish()
    #expect(recording.errors.hasSuffix("\r\u{1B}[K"))
  }

  @Test func `Elsewhere one line a mailbox, and one in 30 seconds`() throws {
    let recording = Recording()
    let clock = FakeClock()
    let display = display(recording, clock, quiet: false)
    let odd = try #require(MailboxName(["A\u{1B}"]))
    for count in 1...610 {
      clock.advance(0.1)
      display.progress(.inbox, messagesDone: count, bytesDone: 0)
    }
    display.mailboxEnded(report(.inbox, transferred: 610))
    display.mailboxEnded(report(odd, transferred: 1))
    display.mailboxEnded(report(.inbox, transferred: 0))
    let lines = recording.errors.split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines[0].hasPrefix("INBOX  300 messages") || lines[0].hasPrefix("INBOX  301 messages"))
    #expect(lines[2] == "INBOX: 610 messages fetched, 610.0 kB")
    #expect(lines[3] == "A%1B: 1 message fetched, 1.0 kB")
  }

  @Test(arguments: [true, false])
  func `Quiet shows nothing`(_ interactive: Bool) {
    let recording = Recording(isInteractive: interactive)
    let clock = FakeClock()
    let display = display(recording, clock, quiet: true)
    clock.advance(100)
    display.progress(.inbox, messagesDone: 1, bytesDone: 1)
    display.mailboxEnded(report(.inbox, transferred: 1))
    display.finish()
    #expect(recording.errors == "")
    #expect(recording.output == "")
  }

  @Test(arguments: [true, false])
  func `The plan of a dry run is what was asked for`(_ quiet: Bool) throws {
    let recording = Recording()
    let display = display(recording, FakeClock(), quiet: quiet)
    let work = try #require(MailboxName(["Work", "2024"]))
    display.planned(PlannedChange(action: .createMailbox, mailbox: work))
    display.planned(
      PlannedChange(action: .transfer, mailbox: work, messages: 1, bytes: 1500, uid: UID(17)))
    display.planned(
      PlannedChange(action: .move, mailbox: .inbox, destination: work, messages: 3))
    #expect(
      recording.output == """
        create  Work/2024
        fetch  Work/2024  UID 17  (1.5 kB)
        move  INBOX  3 messages  to Work/2024

        """)
  }

  @Test func `Threads at once add up`() async {
    let recording = Recording()
    let display = display(recording, FakeClock(), quiet: false)
    await withTaskGroup(of: Void.self) { group in
      for index in 1...8 {
        group.addTask {
          guard let name = MailboxName(["M\(index)"]) else { return }
          display.mailboxBegan(name, messages: 100, bytes: 100)
          for count in 1...100 {
            display.progress(name, messagesDone: count, bytesDone: Int64(count))
          }
          var report = MailboxReport(name: name)
          report.transferred = 100
          display.mailboxEnded(report)
        }
      }
    }
    #expect(recording.errors.split(separator: "\n").count == 8)
  }

  @Test(arguments: [true, false]) func `What may have no room is told at once, also when quiet`(
    _ isQuiet: Bool
  ) {
    let recording = Recording()
    let display = display(recording, FakeClock(), quiet: isQuiet)
    display.notice(Notice(kind: .other, mailbox: nil, text: "later"))
    #expect(recording.errors == "")
    display.notice(Notice(kind: .noRoom, mailbox: nil, text: "full\u{1B}"))
    #expect(recording.errors == "mailarc: full\\x1B\n")
  }
}
