import Glibc
import Mail
import Platform
import TestSupport
import Testing

@testable import Journals

/// The dedupe index of one target mailbox, as events and as a file.
@Suite struct PushJournalTests {
  private static let mailbox = MailboxName(["Work", "a/b"]) ?? .inbox

  private static func entry(
    _ number: Int, uid value: UInt32? = nil, _ origin: IndexEntry.Origin = .pushed,
    gone: Bool = false, flags: Flags = Flags(), source: String = ""
  ) -> IndexEntry {
    IndexEntry(
      number: number, uid: value.flatMap { UID($0) },
      digest: origin == .other ? nil : digest("m\(number)"),
      headerKey: HeaderKey(hash: UInt64(number) << 40 | 0xFE, hasMessageID: number % 2 == 0),
      size: Int64(number) * 1000, origin: origin, flags: flags, isGone: gone, source: source)
  }

  private static func intent(_ number: Int, _ flags: Flags, _ source: String) -> AppendIntent {
    AppendIntent(
      digest: digest("i\(number)"), headerKey: HeaderKey(hash: UInt64(number), hasMessageID: true),
      size: 12_345, flags: flags, source: source)
  }

  private static let flags = Flags(
    [.seen, .draft], keywords: [Keyword("$Label1"), Keyword("Ähm%")])

  private static let copy = MendedCopy(
    original: digest("odd"), sent: digest("i3"),
    headerKey: HeaderKey(hash: 3, hasMessageID: true), size: 12_345,
    mends: [.bodyNUL: 2, .headerLine: 1], reason: "no\r\n such 100% line")

  /// Every kind of event, with values that are easy to get wrong.
  static let everyEvent: [PushEvent] =
    [
      .validity(UIDValidity(4_294_967_295)),
      .entry(entry(1, uid: 7, .found, source: "1577836800.V1U7H00.mailarc,S=1,W=2")),
      .entry(entry(2, uid: 9, .matched, flags: flags, source: "a b%\n-")),
      .entry(entry(3, uid: 10, .other)),
      .batch(
        IntentBatch(
          number: 1, uidValidity: UIDValidity(4_294_967_295), uidNext: 4_294_967_295,
          time: 1_600_000_000,
          open: [0: intent(0, flags, "x"), 1: intent(1, Flags(), ""), 2: intent(2, Flags(), "-")])),
      .confirmed(batch: 1, item: 0, entry(4, uid: 11, flags: flags, source: "x")),
      .confirmed(batch: 1, item: 2, entry(5, .collapsed)),
      .void(batch: 1, item: 1),
      .refused(digest("i1"), reason: "NO: \"bad\" header\r\n-, 8 bits: é"),
      .refused(digest("i2"), reason: ""),
      .retried(digest("i2")),
      .flags(entry: 1, Flags([.flagged])),
      .gone(entry: 2),
      .dropped(entry: 3),
      .known(uidNext: 4_294_967_295),
      .unbound,
      .entry(entry(6, uid: 1, .pushed, gone: true)),
      .moving(IntendedMove(time: 1_600_000_001, octets: 5_000_000_000, destination: mailbox)),
      .moved,
      .mended(copy),
      .batch(
        IntentBatch(
          number: 1, uidValidity: UIDValidity(4_294_967_295), uidNext: 30, time: 1_600_000_002,
          open: [0: intent(3, Flags(), "odd")])),
      .instead(batch: 1, item: 0, of: digest("odd")),
      .void(batch: 1, item: 0),
      .removing([1, 4]),
      .marked(entry: 4),
      .kept(entry: 1),
      .batch(
        IntentBatch(
          number: 2, uidValidity: UIDValidity(1), uidNext: 2, time: 1_600_000_002,
          open: [0: intent(3, flags, "y"), 1: intent(4, Flags(), "")],
          replaced: [
            0: ReplacedCopy(entry: 1, date: InternalDate(epochSeconds: -5)),
            1: ReplacedCopy(entry: 4, date: InternalDate(epochSeconds: 1_600_000_003)),
          ])),
    ] + [UID(20)].compactMap { $0 }.map { .rebound(entry: 2, $0) }

  @Test(arguments: everyEvent.indices)
  func `an event is read as it was written`(_ index: Int) throws {
    let event = Self.everyEvent[index]
    let line = event.journalRecord.line
    #expect(line.last == .lineFeed)
    #expect(line.filter { $0 == .lineFeed || $0 < 0x20 }.count == 1)
    let record = try #require(JournalRecord(line: line.dropLast()))
    #expect(PushEvent(record) == event)
  }

  @Test(arguments: everyEvent.indices)
  func `a record with fields missing is no event, and none with a wrong one`(_ index: Int) throws {
    let record = Self.everyEvent[index].journalRecord
    // What may be missing at the end are flags.
    for count in 0..<min(record.fields.count, 2) where record.kind != "flags" {
      let short = JournalRecord(record.kind, Array(record.fields.prefix(count)))
      if let event = PushEvent(short) { #expect(event.journalRecord.fields.count <= count) }
    }
    #expect(PushEvent(JournalRecord("unknown", record.fields)) == nil)
  }

  @Test func `the sum of events`() throws {
    var record = PushRecord()
    for event in Self.everyEvent.dropLast(13) { record.apply(event) }
    record.apply(.rebound(entry: 2, try uid(20)))
    #expect(record.uidValidity == UIDValidity(4_294_967_295))
    #expect(record.entries.keys.sorted() == [1, 2, 4, 5])
    #expect(record.entries[1]?.flags == Flags([.flagged]))
    #expect(record.entries[2]?.uid == UID(20))
    #expect(record.entries[2]?.isGone == false)
    #expect(record.batches.isEmpty)
    #expect(!record.isUnsettled)
    #expect(record.refused == [digest("i1"): "NO: \"bad\" header\r\n-, 8 bits: é"])
    #expect(record.knownUIDNext == 4_294_967_295)
    #expect((record.lastEntry, record.lastBatch) == (5, 1))
  }

  @Test func `an intent that is a mended copy's says whose, and only that one`() throws {
    var record = PushRecord()
    for number in [1, 2] {
      record.apply(
        .batch(
          IntentBatch(
            number: number, uidValidity: UIDValidity(1), uidNext: 1, time: 0,
            open: [0: Self.intent(3, Flags(), "")])))
    }
    record.apply(.mended(Self.copy))
    record.apply(.instead(batch: 2, item: 0, of: digest("odd")))
    record.apply(.instead(batch: 7, item: 0, of: digest("odd")))
    #expect(record.batches[1]?.open[0]?.original == digest("i3"))
    #expect(record.batches[2]?.open[0]?.original == digest("odd"))
    #expect(record.batches[2]?.open[0]?.digest == digest("i3"))
    #expect(record.copies(of: digest("odd")) == [Self.copy])
    #expect(record.copies(of: digest("i3")) == [])
    let entry = IndexEntry(
      number: 1, uid: nil, digest: digest("odd"), headerKey: Self.copy.headerKey, size: 1,
      origin: .pushed, flags: Flags(), isGone: false, source: "")
    #expect(record.isContent(digest("odd"), of: entry))
    #expect(record.isContent(digest("i3"), of: entry))
    #expect(!record.isContent(digest("i4"), of: entry))
    #expect(!record.isContent(digest("i3"), of: Self.entry(2)))
  }

  @Test func `mends of a later version do not cost the record`() throws {
    var fields = PushEvent.mended(Self.copy).journalRecord.fields
    fields[4] = "header-line:1 made-up:7 bad body-nul:2 bare-cr:x"
    #expect(PushEvent(JournalRecord("mended", fields)) == .mended(Self.copy))
  }

  @Test func `a batch is open until each of its intents is closed`() {
    var record = PushRecord()
    record.apply(Self.everyEvent[4])
    #expect(record.isUnsettled)
    record.apply(.void(batch: 1, item: 1))
    record.apply(.void(batch: 1, item: 1))
    record.apply(.void(batch: 9, item: 0))
    #expect(record.batches[1]?.open.keys.sorted() == [0, 2])
    record.apply(.confirmed(batch: 1, item: 0, Self.entry(1, uid: 1)))
    record.apply(.confirmed(batch: 1, item: 2, Self.entry(2, uid: 2)))
    #expect(!record.isUnsettled)
    #expect(record.lastBatch == 1)
  }

  @Test(arguments: [PushEvent.unbound, .validity(UIDValidity(2))])
  func `UIDs that mean nothing any more take only somebody's own mail with them`(
    _ event: PushEvent
  ) {
    var record = PushRecord()
    record.apply(.validity(UIDValidity(1)))
    record.apply(.entry(Self.entry(1, uid: 5)))
    record.apply(.entry(Self.entry(2, uid: 6, .other)))
    record.apply(.entry(Self.entry(3, uid: 7, .found, gone: true)))
    record.apply(Self.everyEvent[4])
    record.apply(.known(uidNext: 8))
    // The same validity again is no news.
    record.apply(.validity(UIDValidity(1)))
    #expect(record.entries[1]?.uid == UID(5))
    record.apply(event)
    #expect(record.entries.keys.sorted() == [1, 3])
    #expect(record.entries.values.allSatisfy { $0.uid == nil })
    #expect(record.entries[3]?.isGone == true)
    #expect(record.knownUIDNext == 1)
    #expect(record.isUnsettled)
    // Numbers are not used twice.
    #expect(record.lastEntry == 3)
  }

  // MARK: The file

  private static let name = "0123456789abcdef.journal"

  private func journal(_ directory: TemporaryDirectory, readOnly: Bool = false) throws
    -> PushJournal
  {
    try PushJournal(
      in: directory.directory, key: "0123456789abcdef", mailbox: Self.mailbox, readOnly: readOnly)
  }

  private func goldenBytes() throws -> [UInt8] { try golden("push.journal") }

  @Test func `what is written is the golden file, and is read as what was meant`() throws {
    let directory = try TemporaryDirectory()
    let journal = try journal(directory)
    for event in Self.everyEvent { journal.append(event) }
    try journal.flush()
    let written = try readBytes(directory.file(Self.name))
    #expect(written == (try goldenBytes()))
    let again = try self.journal(directory)
    #expect(again.record == journal.record)
    #expect(again.damage == .none)
  }

  @Test func `what was not flushed is not there, and a dry run writes nothing`() throws {
    let directory = try TemporaryDirectory()
    let journal = try journal(directory)
    journal.append(.known(uidNext: 5))
    #expect(journal.record.knownUIDNext == 5)
    #expect(try self.journal(directory).record.knownUIDNext == 1)
    let other = try TemporaryDirectory()
    let dry = try self.journal(other, readOnly: true)
    dry.append(.known(uidNext: 5))
    try dry.flush()
    #expect(dry.record.knownUIDNext == 5)
    #expect(try listDirectory(other.path) == [])
  }

  @Test func `torn at every byte it is a beginning of what it was, and can be gone on with`() throws
  {
    let golden = try goldenBytes()
    // The records that stand whole before each byte.
    var sums: [PushRecord] = []
    var record = PushRecord()
    var lines = golden.split(separator: 10).dropFirst().makeIterator()
    var ends = golden.indices.filter { golden[$0] == 10 }.map { $0 + 1 }.dropFirst()
    for length in 0...golden.count {
      if length == ends.first, let line = lines.next() {
        ends.removeFirst()
        if let event = JournalRecord(line: line).flatMap({ PushEvent($0) }) { record.apply(event) }
      }
      sums.append(record)
    }
    #expect(sums.last?.lastEntry == 6)
    let directory = try TemporaryDirectory()
    for length in 0...golden.count {
      try writeBytes(directory.file(Self.name), Array(golden[..<length]))
      let read = try journal(directory, readOnly: true)
      #expect(read.record == sums[length], "torn at \(length)")
      #expect(read.damage == .none || read.damage == .tornTail)
      // Writing waits for the disk, so that not every byte can have its turn.
      guard length.isMultiple(of: 29) else { continue }
      let torn = try journal(directory)
      torn.append(.known(uidNext: 77))
      try torn.flush()
      let again = try journal(directory, readOnly: true)
      #expect(again.damage == .none, "torn at \(length)")
      #expect(again.record.knownUIDNext == 77)
      #expect(again.record.entries == sums[length].entries)
    }
  }

  @Test func `a bit that flips anywhere behind the header costs its record and no other`() throws {
    let golden = try goldenBytes()
    let directory = try TemporaryDirectory()
    let header = (golden.firstIndex(of: 10) ?? 0) + 1
    let lastLine = (golden.dropLast().lastIndex(of: 10) ?? 0) + 1
    for position in stride(from: header, to: golden.count, by: 7) where golden[position] != 10 {
      var bytes = golden
      bytes[position] ^= 0x01
      guard bytes[position] != 10 else { continue }
      try writeBytes(directory.file(Self.name), bytes)
      let damaged = try journal(directory, readOnly: true)
      #expect(
        damaged.damage == (position < lastLine ? .lost(records: 1) : .tornTail), "at \(position)")
    }
  }

  @Test func `another kind of journal is refused and left alone`() throws {
    let directory = try TemporaryDirectory()
    for header in [
      JournalRecord("mailarc-pull", ["1", "INBOX"]), JournalRecord("mailarc-push", ["2", "INBOX"]),
    ] {
      try writeBytes(directory.file(Self.name), header.line)
      #expect(throws: JournalError.self) { try journal(directory) }
      #expect(try readBytes(directory.file(Self.name)) == header.line)
    }
  }
}
