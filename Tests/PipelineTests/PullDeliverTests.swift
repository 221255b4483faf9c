import Journals
import Mail
import Stores
import TestSupport
import Testing

@testable import Pipeline
@testable import Platform

/// `DeliverMessages` on its own.
@Suite struct PullDeliverTests {
  /// Delivers messages of ten octets, one each second.
  ///
  /// - Returns: how many of them are in the archive for good, after each.
  private func deliver(
    _ count: UInt32, limits: DeliverMessages.BatchLimits, pauseBefore late: UInt32? = nil
  ) throws -> [Int] {
    let temporary = try TemporaryDirectory(inMemory: true)
    let archive = try Archive.create(
      path: temporary.file("archive"), account: "ada", layout: .maildir)
    let mailbox = try archive.makeMailbox(.inbox)
    let journal = try PullJournal(
      in: try archive.state.ensureSubdirectory("pull"), key: "k", mailbox: .inbox, readOnly: false)
    var seconds: Int64 = 0
    let sink = DeliverMessages(
      mailbox: mailbox, key: MailboxKey(account: "ada", mailbox: .inbox),
      uidValidity: UIDValidity(1), journal: journal, run: 1, limits: limits,
      now: { MonotonicClock(nanoseconds: seconds * 1_000_000_000) })
    return try (1...count).map { number in
      if number == late { seconds += 100 }
      try sink.begin()
      try Array("A: b\r\n\r\n\r\n".utf8).withUnsafeBytes { try sink.write($0) }
      seconds += 1
      try sink.finish(
        try #require(UID(number)), flags: Flags(), date: InternalDate(epochSeconds: 0))
      #expect(sink.progress.messages == Int(number))
      #expect(try mailbox.scan().count == sink.delivered)
      #expect(journal.record.messages.count == sink.delivered)
      return sink.delivered
    }
  }

  @Test func `a batch ends by the number of its messages`() throws {
    let limits = DeliverMessages.BatchLimits(messages: 3, bytes: .max, seconds: .infinity)
    #expect(try deliver(7, limits: limits) == [0, 0, 3, 3, 3, 6, 6])
  }

  @Test func `a batch ends by the octets of its messages`() throws {
    let limits = DeliverMessages.BatchLimits(messages: .max, bytes: 25, seconds: .infinity)
    #expect(try deliver(7, limits: limits) == [0, 0, 3, 3, 3, 6, 6])
  }

  @Test func `a batch ends by the time since its first message began`() throws {
    let limits = DeliverMessages.BatchLimits(messages: .max, bytes: .max, seconds: 3)
    #expect(try deliver(7, limits: limits) == [0, 0, 3, 3, 3, 6, 6])
    // Time in which there is no batch counts for none.
    #expect(try deliver(7, limits: limits, pauseBefore: 4) == [0, 0, 3, 3, 3, 6, 6])
    #expect(try deliver(7, limits: limits, pauseBefore: 5) == [0, 0, 3, 3, 5, 5, 5])
  }

  @Test func `what a crash can cost is bounded`() {
    let limits = DeliverMessages.BatchLimits()
    #expect(limits.messages <= 1000 && limits.bytes <= 64 << 20 && limits.seconds <= 10)
  }
}
