import Journals
import Mail
import Stores
import Synchronization
import TestSupport
import Testing

@testable import Pipeline

/// What the user sees on the way, what a skipped mailbox costs, and keywords that are hard to keep.
@Suite struct PullProgressTests {
  /// Notes what it is told.
  private final class Recorder: RunObserver {
    struct Notes: Sendable {
      var planned = 0
      var began: [String: Int] = [:]
      var progress: [String: [Int]] = [:]
      var ended: [String: Int] = [:]
    }
    let notes = Mutex(Notes())

    func plan(totalMessages: Int, bytes: Int64?) { notes.withLock { $0.planned = totalMessages } }
    func mailboxBegan(_ name: MailboxName, messages: Int, bytes: Int64) {
      notes.withLock { $0.began[name.description] = messages }
    }
    func progress(_ name: MailboxName, messagesDone: Int, bytesDone: Int64) {
      notes.withLock { $0.progress[name.description, default: []].append(messagesDone) }
    }
    func mailboxEnded(_ report: MailboxReport) {
      notes.withLock { $0.ended[report.name.description, default: 0] += 1 }
    }
    func failure(_ failure: MessageFailure) {}
    func mailboxFailed(_ failure: MailboxFailure) {}
    func notice(_ notice: Notice) {}
    func question(_ question: Question) {}
    func planned(_ change: PlannedChange) {}
  }

  @Test func `progress goes from nothing to all, once for each mailbox`() async throws {
    let bench = try SourceBench { state in
      state.mailboxes["INBOX"] = .init(messages: SourceBench.messages(40))
      state.mailboxes["Work"] = .init(messages: SourceBench.messages(7))
      state.mailboxes["Empty"] = .init()
      state.quirks[20] = .drops
      state.quirkCount = 1
    }
    let recorder = Recorder()
    #expect(try await bench.pull(observer: recorder).exitStatus == .done)
    let notes = recorder.notes.withLock { $0 }
    #expect(notes.planned == 47)
    #expect(notes.began == ["INBOX": 40, "Work": 7])
    #expect(notes.progress["INBOX"] == Array(1...40))
    #expect(notes.progress["Work"] == Array(1...7))
    #expect(notes.ended == ["INBOX": 1, "Work": 1, "Empty": 1])
  }

  @Test func `a mailbox that is skipped is not opened, neither its journal nor its mail`()
    async throws
  {
    let bench = try SourceBench { state in
      state.capabilities = "IMAP4rev1 CONDSTORE"
      for name in ["INBOX", "Work"] {
        state.mailboxes[name] = .init(highestModSeq: 9, messages: SourceBench.messages(3))
      }
    }
    try await bench.pull()
    let pull = bench.archive + "/.mailarc/pull/"
    for name in try listDirectory(pull) where name.utf8.count == 16 + ".journal".utf8.count {
      try writeBytes(pull + name, JournalRecord("something-else", ["9"]).line)
    }
    // A keyword file that can't be read stops every scan.
    try writeFile(bench.archive + "/INBOX/mailarc-keywords", "damaged")
    #expect(try await bench.pull().sums == [:])
    bench.server.change { $0.mailboxes["Work"]?.highestModSeq = 10 }
    #expect(try await bench.pull().exitStatus == .badInput)
  }

  @Test func `any keyword is kept, more than there are letters, too`() async throws {
    let keywords = (1...40).map { "Key\($0)" } + ["\\Weird", "a+b", "x&y", "*star", "ü"]
    let bench = try SourceBench { state in
      var messages = SourceBench.messages(3)
      messages[0].flags = keywords + ["\\Seen"]
      messages[1].flags = ["\\Seen", "KEY40", "\\Weird"]
      state.mailboxes["INBOX"] = .init(messages: messages)
    }
    #expect(try await bench.pull().exitStatus == .done)
    let archive = try Archive.open(path: bench.archive, for: .reading)
    let found = try #require(try archive.mailbox(.inbox)).scan().map(\.flags)
    #expect(found[0] == Flags(imap: keywords + ["\\Seen"]))
    #expect(found[1] == Flags(imap: ["\\Seen", "Key40", "\\Weird"]))
    #expect(found[2] == Flags())
    #expect(try await bench.pull().sums == [:])
  }
}
