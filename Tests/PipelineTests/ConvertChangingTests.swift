import Mail
import Stores
import Synchronization
import TestSupport
import Testing

@testable import Pipeline

/// A file that another program writes to while it is converted.
struct ConvertChangingTests {
  private static func message(_ text: String) -> String {
    "From a@example.org Sun Sep 13 12:26:40 2020\nSubject: \(text)\n\n\(text)\n\n"
  }

  /// Appends to a file once, when the first mailbox is begun.
  private final class Appender: RunObserver {
    let path: String
    private let isDone = Mutex(false)

    init(_ path: String) { self.path = path }

    func mailboxBegan(_ name: MailboxName, messages: Int, bytes: Int64) {
      let isFirst = isDone.withLock { isDone in
        defer { isDone = true }
        return !isDone
      }
      guard isFirst, let text = try? readFile(path) else { return }
      try? writeFile(path, text + ConvertChangingTests.message("late"))
    }

    func plan(totalMessages: Int, bytes: Int64?) {}
    func progress(_ name: MailboxName, messagesDone: Int, bytesDone: Int64) {}
    func mailboxEnded(_ report: MailboxReport) {}
    func failure(_ failure: MessageFailure) {}
    func mailboxFailed(_ failure: MailboxFailure) {}
    func notice(_ notice: Notice) {}
    func question(_ question: Question) {}
    func planned(_ change: PlannedChange) {}
  }

  @Test func `it is told once, and the next run converts all of it`() async throws {
    let bench = try ConvertBench()
    let texts = (1...50).map { "message \($0)" }
    try writeFile(bench.source, texts.map(Self.message).joined())
    let report = try await bench.convert(observer: Appender(bench.source))
    #expect(report.converted == ["mailboxes failed": 1])
    #expect(report.mailboxFailures.first?.failure.summary.contains("changed while") == true)
    #expect(report.exitStatus == .findings)
    #expect(try await bench.convert().converted == ["transferred": 51])
    #expect(try await bench.convert().converted == ["present": 51])
  }
}
