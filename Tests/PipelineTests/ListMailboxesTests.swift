import Glibc
import Mail
import Platform
import Stores
import Synchronization
import TestSupport
import Testing

@testable import Pipeline

/// Keeps what a list shows.
final class ListRecorder: ListObserver {
  struct Content {
    var messages: [ListedMessage] = []
    var mailboxes: [ListedMailbox] = []
    var problems: [ListProblem] = []
    var passedOver: [String] = []
  }

  private let content = Mutex(Content())
  var shown: Content { content.withLock { $0 } }

  func began(_ mailbox: MailboxName) {}
  func message(_ message: ListedMessage) { content.withLock { $0.messages.append(message) } }
  func mailbox(_ mailbox: ListedMailbox) { content.withLock { $0.mailboxes.append(mailbox) } }
  func problem(_ problem: ListProblem) { content.withLock { $0.problems.append(problem) } }
  func passedOver(_ text: String) { content.withLock { $0.passedOver.append(text) } }
}

@Suite struct ListMailboxesTests {
  private let temporary: TemporaryDirectory
  private let root: String

  init() throws {
    temporary = try TemporaryDirectory(inMemory: true)
    root = temporary.file("archive")
    _ = try Archive.create(path: root, account: "ada@example.org", layout: .maildir)
  }

  private func put(_ mailbox: String, _ file: String, _ text: String) throws {
    for part in ["cur", "new", "tmp"] {
      try runSuccessfully("/bin/mkdir", ["-p", "\(root)/\(mailbox)/\(part)"])
    }
    try writeFile("\(root)/\(mailbox)/cur/\(file)", text)
  }

  private func list(
    messages: Bool = false, explains: Bool = false
  ) throws -> (shown: ListRecorder.Content, totals: ListTotals) {
    let recorder = ListRecorder()
    let totals = try ListMailboxes(
      source: try Archive.open(path: root, for: .reading), wantsMessages: messages,
      explains: explains, observer: recorder, interruption: try Interruption()
    ).run()
    return (recorder.shown, totals)
  }

  @Test func `mailboxes are counted`() throws {
    try put("INBOX", "1000000000.R0123456789abcdef.mailarc,S=4,W=5:2,S", "a: b")
    try put("INBOX", "1100000000.R1123456789abcdef.mailarc,S=4,W=5:2,F", "a: b")
    try put("Work/2024", "900000000.R2123456789abcdef.mailarc,S=9,W=9", "a")
    let (shown, totals) = try list(explains: true)
    #expect(shown.mailboxes.map(\.name.description) == ["INBOX", "Work/2024"])
    #expect(shown.mailboxes.map(\.messages) == [2, 1])
    #expect(shown.mailboxes.map(\.bytes) == [8, 1])
    #expect(shown.mailboxes.map(\.unread) == [1, 1])
    #expect(shown.mailboxes[0].oldest == InternalDate(epochSeconds: 1_000_000_000))
    #expect(shown.mailboxes[0].newest == InternalDate(epochSeconds: 1_100_000_000))
    #expect(shown.mailboxes.allSatisfy { $0.explanation?.isEmpty == false })
    #expect(shown.messages.isEmpty)
    #expect(totals == ListTotals(mailboxes: 2, messages: 3, bytes: 9, unread: 2, problems: 0))
    #expect(totals.exitStatus == .done)
  }

  @Test func `messages are listed with decoded headers`() throws {
    let header = "From: =?utf-8?Q?J=C3=B6rg?= <j@b>\nSubject: =?utf-8?Q?=C3=A4?=\n folded\n"
    try put("INBOX", "1000000000.R0123456789abcdef.mailarc,S=1,W=1:2,FS", header + "\nbody\n")
    try put("INBOX", "1000000001.R0123456789abcdef.mailarc,S=0,W=0", "")
    let shown = try list(messages: true).shown
    #expect(shown.messages.map(\.from) == ["Jörg", ""])
    #expect(shown.messages.map(\.subject) == ["ä folded", ""])
    #expect(shown.messages.map(\.size) == [Int64(header.utf8.count) + 6, 0])
    #expect(shown.messages[0].flags == Flags([.flagged, .seen]))
    #expect(shown.messages[0].date == InternalDate(epochSeconds: 1_000_000_000))
    #expect(try list().shown.mailboxes.map(\.bytes) == shown.mailboxes.map(\.bytes))
  }

  @Test(arguments: [10_000, 16_370, 16_384, 100_000, 300_000])
  func `a subject behind a long field is found, one beyond the limit is not`(_ size: Int) throws {
    let filler = "X-Long: " + String(repeating: "x", count: size) + "\n"
    try put("INBOX", "1:2,", filler + "Subject: late\n\n" + String(repeating: "b\n", count: 9000))
    let shown = try list(messages: true).shown
    #expect(shown.messages.map(\.subject) == [size < HeaderCollector.limit ? "late" : ""])
  }

  @Test func `what can't be read is told, and the rest is listed`() throws {
    try put("Broken", "1:2,", "a: b\n")
    try writeFile(root + "/Broken/mailarc-keywords", "no such file")
    try put("INBOX", "1:2,", "a: b\n")
    try runSuccessfully("/bin/mkdir", [root + "/\u{FF}", root + "/Other"])
    symlink("/etc", root + "/link")
    let (shown, totals) = try list(messages: true)
    #expect(shown.problems.map { $0.mailbox?.description } == ["Broken"])
    #expect(shown.problems[0].reason.contains("mailarc-keywords"))
    #expect(shown.mailboxes.map(\.name.description) == ["INBOX"])
    #expect(shown.passedOver.count == 1)
    #expect(totals.problems == 1 && totals.exitStatus == .findings)
  }

  @Test func `an interruption ends it`() throws {
    try put("INBOX", "1:2,", "a: b\n")
    let interruption = try Interruption()
    interruption.interrupt()
    let failure = #expect(throws: Failure.self) {
      try ListMailboxes(
        source: try Archive.open(path: root, for: .reading), wantsMessages: false, explains: false,
        observer: ListRecorder(), interruption: interruption
      ).run()
    }
    #expect(failure?.cause == .interrupted)
  }

  @Test func `what other programs left is listed, and a broken file does not end it`() throws {
    let tree = temporary.file("tree")
    try runSuccessfully("/bin/mkdir", ["-p", tree + "/letters"])
    try writeFile(tree + "/letters/1.eml", "Subject: one\r\nFrom: a@b\r\n\r\nx\r\n")
    try writeFile(tree + "/letters/2.eml", "Subject: two\n\nx\n")
    try writeBytes(tree + "/letters/3.eml.gz", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0x55])
    let recorder = ListRecorder()
    let totals = try ListMailboxes(
      source: try MailSources.open(path: tree, mboxDialect: nil), wantsMessages: true,
      explains: true, observer: recorder, interruption: try Interruption()
    ).run()
    #expect(recorder.shown.messages.map(\.subject) == ["one", "two"])
    #expect(recorder.shown.messages.map(\.size) == [30, 16])
    #expect(recorder.shown.mailboxes.map(\.explanation).allSatisfy { $0?.isEmpty == false })
    #expect(totals.problems == 1 && recorder.shown.problems.count == 1 && totals.messages == 2)
  }
}
