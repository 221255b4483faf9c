import Journals
import Mail
import Platform
import Testing

@testable import Pipeline

/// `PlanPull` on values alone.
@Suite struct PullPlanTests {
  /// What is known of a message, what the source and the archive have, and what is to be done.
  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    var fate: HeldMessage.Fate?
    var failed = false
    var present = true
    var inArchive = false
    var refetch = false
    var expected: String
    var testDescription: String { name }
  }

  static let rows: [Row] = [
    Row(name: "new", expected: "fetch"),
    Row(name: "held", fate: .held, inArchive: true, expected: "present"),
    Row(name: "gone at the source", fate: .held, present: false, inArchive: true, expected: "gone"),
    Row(name: "gone on both sides", fate: .held, present: false, expected: "gone"),
    Row(name: "told gone before", fate: .gone, present: false, inArchive: true, expected: ""),
    Row(
      name: "told gone before, deleted by hand now", fate: .gone, present: false,
      expected: "removed"),
    Row(
      name: "told gone, nothing to ask for", fate: .gone, present: false, refetch: true,
      expected: ""),
    Row(name: "removed before", fate: .removed, present: false, expected: ""),
    Row(name: "removed before, back at the source", fate: .removed, expected: ""),
    Row(name: "removed, asked for", fate: .removed, refetch: true, expected: "fetch"),
    Row(name: "moved before", fate: .moved, present: false, expected: ""),
    Row(name: "back at the source", fate: .gone, inArchive: true, expected: "present returned"),
    Row(name: "deleted by hand now", fate: .held, expected: "deleted"),
    Row(name: "deleted by hand before", fate: .deleted, expected: ""),
    Row(name: "deleted by hand, then gone", fate: .deleted, present: false, expected: "gone"),
    Row(
      name: "put back by hand", fate: .deleted, inArchive: true, expected: "present returned"),
    Row(name: "deleted, asked for now", fate: .held, refetch: true, expected: "fetch"),
    Row(name: "deleted, asked for later", fate: .deleted, refetch: true, expected: "fetch"),
    Row(
      name: "held, nothing to ask for", fate: .held, inArchive: true, refetch: true,
      expected: "present"),
    Row(name: "failed before", failed: true, expected: "fetch"),
    Row(name: "failed and gone", failed: true, present: false, expected: "forgotten"),
  ]

  @Test(arguments: rows)
  func `one message`(_ row: Row) throws {
    let uid = try #require(UID(7))
    var record = PullRecord()
    record.apply(.validity(UIDValidity(1)))
    if let fate = row.fate { record.apply(.held(Self.message(uid, fate: fate))) }
    if row.failed { record.apply(.failed(uid, reason: "x")) }
    let plan = PlanPull(
      record: record,
      listing: SourceListing(
        present: row.present ? [uid] : [], flags: row.present ? [uid: Flags()] : [:]),
      inArchive: row.inArchive ? [uid] : [], isSameDirectory: true, acceptDeletions: false,
      refetchDeleted: row.refetch
    ).run()
    var found: [String] = []
    if plan.toFetch.contains(uid) { found.append("fetch") }
    if plan.alreadyPresent == 1 { found.append("present") }
    if !plan.removedByHand.isEmpty { found.append("removed") }
    if plan.gone == [uid] { found.append("gone") }
    if plan.returned == [uid] { found.append("returned") }
    if plan.deletedByHand == [uid] { found.append("deleted") }
    if plan.forgotten == [uid] { found.append("forgotten") }
    if plan.question != nil { found.append("question") }
    #expect(found.joined(separator: " ") == row.expected)
  }

  @Test(arguments: [
    (20, 20, true, false, false), (21, 21, true, false, true), (21, 210, true, false, false),
    (21, 209, true, false, true), (21, 21, true, true, false), (1, 100, false, false, true),
    (0, 100, false, false, false), (1, 100, false, true, false),
  ])
  func `when a disappearance is a question`(
    _ missing: Int, _ held: Int, _ isSameDirectory: Bool, _ accept: Bool, _ asks: Bool
  ) throws {
    let uids = (1...UInt32(held)).compactMap { UID($0) }
    var record = PullRecord()
    for uid in uids { record.apply(.held(Self.message(uid, fate: .held))) }
    let plan = PlanPull(
      record: record, listing: SourceListing(present: UIDSet(uids), flags: [:]),
      inArchive: Set(uids.dropFirst(missing)), isSameDirectory: isSameDirectory,
      acceptDeletions: accept, refetchDeleted: false
    ).run()
    #expect((plan.question != nil) == asks)
    #expect(plan.deletedByHand.count == (asks ? 0 : missing))
  }

  @Test func `flags are merged where they differ from the base, or where there is none`() throws {
    let uids = (1...3 as ClosedRange<UInt32>).compactMap { UID($0) }
    var record = PullRecord()
    for (uid, flags) in zip(uids, [Flags(.seen), Flags(.seen), nil]) {
      record.apply(.held(Self.message(uid, fate: .held, flags: flags)))
    }
    let plan = PlanPull(
      record: record,
      listing: SourceListing(
        present: UIDSet(uids),
        flags: [uids[0]: Flags(.seen), uids[1]: Flags(.flagged), uids[2]: Flags()]),
      inArchive: Set(uids), isSameDirectory: true, acceptDeletions: false, refetchDeleted: false
    ).run()
    #expect(plan.flagChanges == [uids[1]: Flags(.flagged), uids[2]: Flags()])
  }

  static func message(
    _ uid: UID, fate: HeldMessage.Fate, flags: Flags? = Flags()
  ) -> HeldMessage {
    HeldMessage(
      uid: uid, digest: SHA256.digest(of: [UInt8]().span), size: 1,
      internalDate: InternalDate(epochSeconds: 0),
      headerKey: HeaderKey(hash: 1, hasMessageID: true), flags: flags, fate: fate, run: 1)
  }
}

/// `FetchWindow` on its own.
@Suite struct PullFetchWindowTests {
  private let first = UID(9)

  @Test func `it narrows to the message that drops the connection, and gives it up`() throws {
    var window = FetchWindow()
    var counts = [window.count]
    var verdict = FetchWindow.Verdict.tryAgain
    while verdict == .tryAgain {
      verdict = window.dropped(at: first, progressed: false)
      counts.append(window.count)
    }
    #expect(counts == [500, 62, 7, 1, 1, 1])
    #expect(verdict == .giveUp(try #require(first)))
    #expect(!window.mayPipeline)
    for _ in 0..<5 { window.answered() }
    #expect(window.count == 500 && window.mayPipeline)
  }

  @Test func `a drop after progress blames nobody`() {
    var window = FetchWindow()
    for _ in 0..<100 { #expect(window.dropped(at: first, progressed: true) == .tryAgain) }
    #expect(window.count == 500)
  }

  @Test func `message after message is not the messages' fault`() {
    var window = FetchWindow()
    var given = 0
    for _ in 0..<40 {
      switch window.dropped(at: first, progressed: false) {
      case .tryAgain: continue
      case .giveUp: given += 1
      case .hopeless:
        #expect(given == 5)
        return
      }
    }
    Issue.record("it never gave up")
  }
}
