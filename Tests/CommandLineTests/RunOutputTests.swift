import Mail
import Pipeline
import Platform
import Testing

@testable import CommandLine

struct RunOutputTests {
  private func finish(_ report: RunReport, _ words: [String]) throws -> (
    Recording, Pipeline.ExitStatus
  ) {
    let recording = Recording()
    let context = RunContext(
      invocation: try ArgumentParser.parse(["pull", "imaps://a@b", "x"] + words),
      terminal: recording.terminal, interruption: try Interruption())
    let output = RunOutput(
      context: context, direction: .pull, account: try AccountURL(parsing: "imaps://a@b"),
      archive: "x", dryRun: false)
    return (recording, output.finish(report))
  }

  private func report(failing: Bool) -> RunReport {
    var report = RunReport(direction: .pull, dryRun: false)
    var inbox = MailboxReport(name: .inbox)
    inbox.transferred = 3
    report.mailboxes = [inbox]
    guard failing else { return report }
    report.questions = [Question(mailbox: .inbox, text: "many are gone", options: ["--x"])]
    report.accountFailure = Failure(
      scope: .account, cause: .connectionLost, summary: "b is silent", advice: "Wait.",
      retryable: true)
    return report
  }

  @Test func `The report goes to standard output, what stopped the run to standard error`() throws {
    let (recording, status) = try finish(report(failing: true), [])
    #expect(recording.output.contains("Waiting for an answer:\n  INBOX: many are gone\n"))
    #expect(recording.output.contains("\nNot finished: 3 messages fetched (0 B)"))
    #expect(recording.errors == "mailarc: b is silent\nhint: Wait.\n")
    #expect(status == .tryAgain)
  }

  @Test func `Quiet says nothing when all is well`() throws {
    let (recording, status) = try finish(report(failing: false), ["--quiet"])
    #expect(recording.output == "")
    #expect(recording.errors == "")
    #expect(status == .done)
  }

  @Test func `Quiet says what needs attention`() throws {
    let (recording, _) = try finish(report(failing: true), ["--quiet"])
    #expect(recording.output == "")
    #expect(
      recording.errors == """
        Waiting for an answer:
          INBOX: many are gone
            answer with --x
        mailarc: b is silent
        hint: Wait.

        """)
  }

  @Test func `JSON begins with start and ends with the summary`() throws {
    let (recording, status) = try finish(report(failing: true), ["--json"])
    let lines = recording.output.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines.first?.hasPrefix("{\"type\":\"start\",") == true)
    #expect(lines.last?.hasPrefix("{\"type\":\"summary\",") == true)
    #expect(lines.last?.hasSuffix("\"exit_status\":\(status.rawValue)}") == true)
    #expect(recording.errors == "mailarc: b is silent\nhint: Wait.\n")
  }
}
