import Journals
import Mail
import Platform
import Protocols
import TestSupport
import Testing

@testable import Pipeline

/// How long a push waits before it looks what became of a batch.
@Suite struct PushSettleTests {
  @Test(arguments: [
    (0, [100], 10.0), (1_800, [100], 10.0), (-60, [100], 10.0), (3_700, [100], 0),
    (1_800, [8 << 20, 8 << 20], 16), (3_700, [16 << 20], 0),
  ])
  func `a batch that may still be carried out is waited for`(
    _ age: Int64, _ sizes: [Int64], _ seconds: Double
  ) throws {
    let directory = try TemporaryDirectory()
    let journal = try PushJournal(
      in: try Directory.open(path: directory.path), key: "k", mailbox: .inbox, readOnly: true)
    let intents = sizes.enumerated().map { place, size in
      (
        place,
        AppendIntent(
          digest: SHA256.digest(of: [UInt8(place)].span),
          headerKey: HeaderKey(hash: 1, hasMessageID: true), size: size, flags: Flags(),
          source: "")
      )
    }
    journal.append(
      .batch(
        IntentBatch(
          number: 1, uidValidity: UIDValidity(7), uidNext: 1, time: 1_000_000 - age,
          open: Dictionary(uniqueKeysWithValues: intents))))
    let settling = SettleIntents(
      journal: journal, raw: RawMailboxName(bytes: Array("INBOX".utf8)), settleSeconds: 10,
      slowestBatch: 0, archive: [:], tolerated: { _, _ in [] })
    #expect(settling.quiet.quietSeconds(at: 1_000_000) == seconds)
  }

  /// When something arrives in a mailbox, in seconds, and when the wait is over.
  private static let arrivals: [([Double], Double)] = [
    ([], 10), ([0.25], 10.5), ([4], 14), ([4, 8, 12], 22), ([9.75], 20), ([4, 13.75, 14], 24),
    ([10.25], 10),
  ]

  @Test(arguments: arrivals)
  func `the wait begins anew with what arrives`(_ arrivals: [Double], _ end: Double) throws {
    var time = 0.0
    try WaitForQuiet.standStill(
      for: 10, atMost: 1000, now: { time }, pause: { time += $0 },
      look: { UInt32(arrivals.count { $0 <= time }) })
    #expect(time == end)
  }

  @Test func `where mail keeps coming the wait ends all the same`() throws {
    var time = 0.0
    try WaitForQuiet.standStill(
      for: 10, atMost: 310, now: { time }, pause: { time += $0 }, look: { UInt32(time) })
    #expect(time == 310)
  }

  @Test func `while an answer is waited for nobody looks`() throws {
    var time = 0.0
    var looks = 0
    try WaitForQuiet.standStill(
      for: 10, atMost: 1000, now: { time }, pause: { time += $0 },
      look: {
        looks += 1
        // What is there is told after a minute; by then there is more.
        if looks == 2 { time += 60 }
        return looks < 3 ? 1 : 2
      })
    #expect(time == 60.5 + 0.5 + 10)
  }

  @Test(arguments: [(0, 10.0), (3, 10), (4, 12), (100, 300)])
  func `after slow batches three times as long as the slowest`(
    _ slowest: Double, _ seconds: Double
  ) throws {
    let directory = try TemporaryDirectory()
    let journal = try PushJournal(
      in: try Directory.open(path: directory.path), key: "k", mailbox: .inbox, readOnly: true)
    journal.append(
      .batch(
        IntentBatch(
          number: 1, uidValidity: UIDValidity(7), uidNext: 1, time: 1_000_000, open: [:])))
    let settling = SettleIntents(
      journal: journal, raw: RawMailboxName(bytes: Array("INBOX".utf8)), settleSeconds: 10,
      slowestBatch: slowest, archive: [:], tolerated: { _, _ in [] })
    #expect(settling.quiet.quietSeconds(at: 1_000_000) == seconds)
  }
}
