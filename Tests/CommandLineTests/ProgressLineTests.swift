import Mail
import Testing

@testable import CommandLine

struct ProgressLineTests {
  /// Ten seconds into a run at 1 MB and 20 messages a second.
  private func state(
    mailbox: [String], failures: Int, bytes: Int64? = 60_000_000
  ) throws -> ProgressState {
    let name = try #require(MailboxName(mailbox))
    var state = ProgressState()
    state.plan(messages: 1234, bytes: bytes)
    state.began(name)
    for second in 0...10 {
      state.progress(
        name, messages: second * 20, bytes: Int64(second) * 1_000_000, seconds: Double(second))
    }
    for _ in 0..<failures { state.failed() }
    return state
  }

  @Test(arguments: [
    (0, 200, "INBOX  200/1,234 messages  10.0 MB of 60.0 MB  1.0 MB/s  0:50 left"),
    (3, 200, "INBOX  200/1,234 messages  10.0 MB of 60.0 MB  1.0 MB/s  0:50 left  3 failed"),
    (3, 60, "INBOX  200/1,234 messages  10.0 MB of 60.0 MB  3 failed"),
    (0, 60, "INBOX  200/1,234 messages  10.0 MB of 60.0 MB  1.0 MB/s"),
    (0, 22, "200/1,234 messages"),
    (0, 10, "200/1,234 "),
  ])
  func renders(_ failures: Int, _ width: Int, _ expected: String) throws {
    let state = try state(mailbox: ["INBOX"], failures: failures)
    #expect(ProgressLine.render(state, seconds: 10, width: width) == expected)
  }

  @Test func `what is left is told by messages where octets are not known`() throws {
    let line = ProgressLine.render(
      try state(mailbox: ["INBOX"], failures: 0, bytes: nil), seconds: 10, width: 200)
    #expect(line == "INBOX  200/1,234 messages  10.0 MB  1.0 MB/s  0:52 left")
  }

  @Test(arguments: [80, 60, 40, 20, 8, 1])
  func `Never wider than asked, and never speaks to the terminal`(_ width: Int) throws {
    let name = ["日本語の\u{1B}[2J長い名前", String(repeating: "x", count: 300)]
    let line = ProgressLine.render(
      try state(mailbox: name, failures: 12), seconds: 10, width: width)
    #expect(TerminalText.width(line) <= width)
    #expect(TerminalText.escape(line) == line)
  }

  @Test func `Nothing is known at the beginning`() {
    let line = ProgressLine.render(ProgressState(), seconds: 0, width: 80)
    #expect(line == "0 messages  0 B")
  }

  @Test func `The rate follows the last moments`() throws {
    let inbox = MailboxName.inbox
    var state = ProgressState()
    state.plan(messages: 1000, bytes: 100_000_000)
    for second in 0...100 {
      state.progress(inbox, messages: second, bytes: Int64(second) * 1000, seconds: Double(second))
    }
    for second in 101...120 {
      state.progress(
        inbox, messages: second, bytes: 100_000 + Int64(second - 100) * 1_000_000,
        seconds: Double(second))
    }
    #expect(try #require(state.rate(seconds: 120)).bytes == 1_000_000)
    #expect(state.remaining(seconds: 120) == 80)
  }

  @Test func `Mailboxes at the same time add up`() throws {
    let other = try #require(MailboxName(["Work"]))
    var state = ProgressState()
    state.began(.inbox)
    state.began(other)
    state.progress(.inbox, messages: 3, bytes: 300, seconds: 0)
    state.progress(other, messages: 2, bytes: 20, seconds: 0)
    state.progress(.inbox, messages: 5, bytes: 500, seconds: 0)
    state.ended(.inbox)
    #expect(state.messages == 7)
    #expect(state.bytes == 520)
    #expect(state.mailbox == other)
  }
}
