import Mail
import Platform
import TestSupport
import Testing

@testable import Journals

/// What the index knows of messages that mailarc removes or replaces.
@Suite struct PushRemovalRecordTests {
  private func entry(
    _ number: Int, _ origin: IndexEntry.Origin = .pushed, flags: Flags = Flags()
  ) -> IndexEntry {
    IndexEntry(
      number: number, uid: UID(UInt32(number)), digest: digest("m"),
      headerKey: HeaderKey(hash: 1, hasMessageID: true), size: 1, origin: origin, flags: flags,
      isGone: false, source: "x")
  }

  private func record(_ events: [PushEvent]) -> PushRecord {
    var record = PushRecord()
    for event in [.validity(UIDValidity(1))] + events { record.apply(event) }
    return record
  }

  private func replacing(_ old: Int) -> PushEvent {
    let intent = AppendIntent(
      digest: digest("m"), headerKey: HeaderKey(hash: 1, hasMessageID: true), size: 1,
      flags: Flags(), source: "x")
    return .batch(
      IntentBatch(
        number: 1, uidValidity: UIDValidity(1), uidNext: 9, time: 0, open: [0: intent],
        replaced: [0: ReplacedCopy(entry: old, date: InternalDate(epochSeconds: 5))]))
  }

  private func owns(_ record: PushRecord) -> [Int] {
    record.entries.values.filter(record.isOwn).map(\.number).sorted()
  }

  @Test func `mailarc's own is what it appended under the UIDs of now`() {
    let first: [PushEvent] = [.entry(entry(1)), .entry(entry(2, .found)), .entry(entry(3))]
    #expect(owns(record(first)) == [1, 3])
    #expect(owns(record(first + [.kept(entry: 1)])) == [3])
    for end in [PushEvent.unbound, .validity(UIDValidity(2))] {
      let rebound = [1, 3].compactMap { number in
        UID(UInt32(number + 10)).map { PushEvent.rebound(entry: number, $0) }
      }
      let anew = first + [end] + rebound
      #expect(owns(record(anew)) == [])
      #expect(owns(record(anew + [.entry(entry(4))])) == [4])
    }
    // The same UIDVALIDITY again is no other one.
    #expect(owns(record(first + [.validity(UIDValidity(1))])) == [1, 3])
  }

  @Test func `a removal is open until its entry is dropped or its mark is taken off`() {
    let open = record([
      .entry(entry(1)), .entry(entry(2)), .removing([1, 2, 7]), .marked(entry: 2),
    ])
    #expect(open.removing == [1, 2])
    #expect(open.marked == [2])
    var dropped = open
    dropped.apply(.dropped(entry: 2))
    #expect((dropped.removing, dropped.marked) == ([1], []))
    var unmarked = open
    unmarked.apply(.flags(entry: 2, Flags([.seen])))
    #expect((unmarked.removing, unmarked.marked) == ([1], []))
    var flagged = open
    flagged.apply(.flags(entry: 2, Flags([.deleted])))
    #expect(flagged.removing == [1, 2])
    // Nor does it end where the UIDs are given anew.
    var anew = open
    anew.apply(.unbound)
    #expect(anew.removing == [1, 2])
  }

  @Test(arguments: [1, 2])
  func `a replacement is open until either copy is dropped`(_ dropped: Int) {
    var open = record([
      .entry(entry(1)), replacing(1), .confirmed(batch: 1, item: 0, entry(2)),
    ])
    #expect(open.outdated == [1])
    #expect(open.replacements[2]?.date == InternalDate(epochSeconds: 5))
    #expect(!open.isUnsettled)
    #expect(owns(open) == [1, 2])
    open.apply(.dropped(entry: dropped))
    #expect(open.replacements.isEmpty)
    #expect(open.entries.keys.sorted() == [3 - dropped])
  }

  @Test func `a copy in place of somebody else's is not mailarc's own`() {
    let copied = record([
      .entry(entry(1, .found)), replacing(1), .confirmed(batch: 1, item: 0, entry(2)),
    ])
    #expect(owns(copied) == [])
    // Nothing is replaced where the old one went meanwhile.
    let alone = record([
      .entry(entry(1, .found)), replacing(1), .dropped(entry: 1),
      .confirmed(batch: 1, item: 0, entry(2)),
    ])
    #expect(alone.replacements.isEmpty)
    #expect(owns(alone) == [2])
  }
}
