import Clients
import Foundation
import Mail
import Pipeline
import Testing

@testable import CommandLine

struct JSONEventsTests {
  private func objects(_ text: String) throws -> [[String: Any]] {
    try text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { line in
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
      return try #require(object as? [String: Any])
    }
  }

  @Test func `Every event is one line of JSON with its documented members`() throws {
    let recording = Recording()
    let clock = FakeClock()
    let events = JSONEvents(terminal: recording.terminal, now: clock.now)
    let nasty = "line\nquote\" back\\ \u{1B}[2J \u{202E} \u{0} \u{E0041} 😀"
    let name = try #require(MailboxName(["A/B", nasty]))
    let failure = Failure(
      scope: .account, cause: .connectionLost, summary: nasty, advice: nil, retryable: true)
    events.start(.pull, account: "a@b", from: nil, archive: nasty, dryRun: false)
    events.plan(totalMessages: 2, bytes: 100)
    events.planned(PlannedChange(action: .transfer, mailbox: name, messages: 1, uid: UID(4)))
    events.mailboxBegan(name, messages: 2, bytes: 100)
    clock.advance(2)
    events.progress(name, messagesDone: 1, bytesDone: 50)
    events.progress(name, messagesDone: 2, bytesDone: 100)
    events.failure(
      MessageFailure(mailbox: name, uid: UID(7), file: nil, reason: nasty, advice: nil))
    events.notice(Notice(kind: .flagsNotKept, mailbox: name, text: nasty))
    events.notice(Notice(kind: .other, mailbox: nil, text: "so"))
    events.question(Question(mailbox: name, text: nasty, options: ["--accept-deletions"]))
    events.waits(ServerWait(seconds: 90.5, reason: nasty))
    events.mailboxFailed(MailboxFailure(mailbox: name, failure: failure))
    events.mailboxEnded(MailboxReport(name: name))
    events.error(failure)
    events.summary(RunReport(direction: .pull, dryRun: false))

    let objects = try objects(recording.output)
    let types = try objects.map { try #require($0["type"] as? String) }
    #expect(
      types == [
        "start", "plan", "planned", "progress", "message-failed", "flags-not-kept", "notice",
        "question", "waiting", "error", "mailbox", "error", "summary",
      ])
    #expect(Set(types) == Set(ManualText.eventTypes.map(\.term)))
    #expect(objects[0]["archive"] as? String == nasty)
    #expect(objects[3]["messages_done"] as? Int == 1)
    #expect(objects[4]["uid"] as? Int == 7)
    #expect(objects[4]["file"] is NSNull)
    #expect(objects[4]["reason"] as? String == nasty)
    #expect(
      MailboxName(stateForm: try #require(objects[4]["mailbox"] as? String)) == name)
    #expect(objects[7]["options"] as? [String] == ["--accept-deletions"])
    #expect(objects[8]["seconds"] as? Int == 91)
    #expect(objects[11]["mailbox"] is NSNull)
    #expect(objects[11]["exit_status"] as? Int == 75)
    #expect(objects[11]["retryable"] as? Bool == true)
    for line in recording.output.split(separator: "\n") {
      #expect(TerminalText.escape(String(line)) == line)
    }
    for object in objects where object["type"] as? String != "summary" {
      let type = object["type"] as? String
      let manual = try #require(ManualText.eventTypes.first { $0.term == type }).text
      for member in object.keys where member != "type" {
        #expect(manual.contains("`\(member)`"), "\(type ?? "") \(member)")
      }
    }
  }

  @Test func `Progress comes once a second at most`() throws {
    let recording = Recording()
    let clock = FakeClock()
    let events = JSONEvents(terminal: recording.terminal, now: clock.now)
    for count in 1...1000 {
      clock.advance(0.01)
      events.progress(.inbox, messagesDone: count, bytesDone: 0)
    }
    let count = try objects(recording.output).count
    #expect(count >= 8 && count <= 10)
  }

  @Test(
    arguments: [
      (.null, "null"), (.bool(true), "true"), (.integer(Int64.min), "-9223372036854775808"),
      (.string("a\"\\\n\u{7F}\u{85}"), #""a\"\\\n\u007F\u0085""#),
      (.string("\u{E0041}"), #""\uDB40\uDC41""#),
      (.array([.integer(1 as Int), .array([])]), "[1,[]]"), (.object([]), "{}"),
      (
        .object([JSONMember(name: "b", value: .null), JSONMember(name: "a", value: .bool(false))]),
        #"{"b":null,"a":false}"#
      ),
    ] as [(JSONValue, String)])
  func encodes(_ value: JSONValue, _ expected: String) {
    #expect(value.text == expected)
  }
}
