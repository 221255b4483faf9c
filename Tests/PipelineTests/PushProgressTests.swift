import Mail
import Synchronization
import TestSupport
import Testing

@testable import Pipeline

/// What the user sees on the way of a push.
@Suite(.requiresDovecot) struct PushProgressTests {
  private final class Recorder: RunObserver {
    struct Notes: Sendable {
      var planned: [Int] = []
      var bytes: [Int64?] = []
      var done: [Int] = []
    }
    let notes = Mutex(Notes())

    func plan(totalMessages: Int, bytes: Int64?) {
      notes.withLock {
        $0.planned.append(totalMessages)
        $0.bytes.append(bytes)
      }
    }
    func mailboxBegan(_ name: MailboxName, messages: Int, bytes: Int64) {}
    func progress(_ name: MailboxName, messagesDone: Int, bytesDone: Int64) {
      notes.withLock { $0.done.append(messagesDone) }
    }
    func mailboxEnded(_ report: MailboxReport) {}
    func failure(_ failure: MessageFailure) {}
    func mailboxFailed(_ failure: MailboxFailure) {}
    func notice(_ notice: Notice) {}
    func question(_ question: Question) {}
    func planned(_ change: PlannedChange) {}
  }

  @Test func `what is to be sent is known before the first message goes`() async throws {
    let bench = try await PushBench.holding(["a", "b", "c"])
    let first = Recorder()
    let report = try await bench.push { $0.observer = first }
    var notes = first.notes.withLock { $0 }
    #expect(notes.planned == [3])
    #expect(notes.bytes == [report.mailboxes.reduce(0) { $0 + $1.transferredBytes }])
    #expect(notes.done == [1, 2, 3])
    try bench.source.append("d")
    try await bench.pull()
    let second = Recorder()
    try await bench.push { $0.observer = second }
    notes = second.notes.withLock { $0 }
    #expect(notes.planned == [1])
    #expect(notes.bytes == [nil])
    #expect(notes.done == [1])
  }
}
