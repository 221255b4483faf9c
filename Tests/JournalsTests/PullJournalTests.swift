import Mail
import Platform
import TestSupport
import Testing

@testable import Journals

@Suite struct PullJournalTests {
  private let directory: TemporaryDirectory
  private let mailbox: MailboxName

  init() throws {
    directory = try TemporaryDirectory(inMemory: true)
    mailbox = try required(MailboxName(["Work", "2024"]))
  }

  private func open(readOnly: Bool = false) throws -> PullJournal {
    try PullJournal(
      in: directory.directory, key: "pull", mailbox: mailbox, readOnly: readOnly)
  }

  /// What `formats/golden/pull.journal` says.
  private func goldenRecord() throws -> PullRecord {
    var record = PullRecord()
    record.apply(.validity(UIDValidity(1_700_000_000)))
    let key = { (hash: UInt64, has: Bool) in HeaderKey(hash: hash, hasMessageID: has) }
    record.apply(
      .held(
        HeldMessage(
          uid: try uid(1), digest: digest("one"), size: 1234,
          internalDate: InternalDate(epochSeconds: 1_078_000_001),
          headerKey: key(0x0011_2233_aabb_ccdd, true), flags: Flags(), fate: .restored, run: 1)))
    record.apply(
      .held(
        HeldMessage(
          uid: try uid(2), digest: digest("two"), size: 0,
          internalDate: InternalDate(epochSeconds: -1), headerKey: key(0, false),
          flags: Flags(.flagged, keywords: [Keyword("Work")]), fate: .gone, run: 1)))
    record.apply(
      .held(
        HeldMessage(
          uid: try uid(3), digest: digest("three"), size: 77,
          internalDate: InternalDate(epochSeconds: 1_700_000_000), headerKey: key(.max, true),
          flags: nil, fate: .deleted, run: 2)))
    record.apply(
      .failed(try uid(9), reason: "the server lists it but gives no content: \r\n50%"))
    record.apply(.rematched)
    return record
  }

  @Test func `the golden journal says what its document says`() throws {
    try directory.put("pull.journal", try golden("pull.journal"))
    let journal = try open()
    #expect(journal.record == (try goldenRecord()))
    #expect(journal.damage == .none)
    #expect(try readBytes(directory.file("pull.journal")) == golden("pull.journal"))
  }

  @Test func `what is written is what the golden journal has`() throws {
    try directory.put("golden.journal", try golden("pull.journal"))
    let journal = try open()
    _ = try JournalFile.read(
      in: directory.directory, name: "golden.journal",
      header: JournalRecord("mailarc-pull", ["1"])
    ) { record in if let event = PullEvent(record) { journal.append(event) } }
    try journal.flush()
    let lines = try golden("pull.journal").split(separator: 10)
    let written = try readBytes(directory.file("pull.journal")).split(separator: 10)
    // All but the record of a kind that this version does not know.
    #expect(
      written == lines.filter { !String(decoding: $0, as: UTF8.self).contains("somethingnew") })
  }

  @Test func `cut anywhere, it holds the whole records before the cut, and goes on`() throws {
    let bytes = try golden("pull.journal")
    for cut in 0...bytes.count {
      try directory.put("pull.journal", Array(bytes[..<cut]))
      let isWhole = cut == 0 || bytes[cut - 1] == 10
      let readOnly = try open(readOnly: true)
      #expect(readOnly.damage == (isWhole ? .none : .tornTail))
      #expect(try readBytes(directory.file("pull.journal")).count == cut)
      let journal = try open()
      #expect(journal.record == readOnly.record)
      journal.append(.failed(try uid(77), reason: "later"))
      try journal.flush()
      let again = try open()
      #expect(again.damage == .none)
      #expect(again.record.failed[try uid(77)] == "later")
    }
  }

  @Test func `damaged anywhere, it keeps all other records`() throws {
    let bytes = try golden("pull.journal")
    let lines = bytes.split(separator: 10).count
    for index in bytes.indices {
      var damaged = bytes
      damaged[index] ^= 0x55
      try directory.put("pull.journal", damaged)
      var records = 0
      let reading = try JournalFile.read(
        in: directory.directory, name: "pull.journal",
        header: JournalRecord("mailarc-pull", ["1"])
      ) { _ in records += 1 }
      #expect(reading.damage != .none)
      // A line feed that is gone joins two records; the header is no record.
      #expect(records >= lines - 3)
      let journal = try open()
      journal.append(.failed(try uid(77), reason: "later"))
      try journal.flush()
      #expect(try open().record.failed[try uid(77)] == "later")
    }
  }

  @Test(arguments: [
    JournalRecord("mailarc-pull", ["2", "x"]), JournalRecord("mailarc-push", ["1", "x"]),
  ])
  func `another kind or version is refused and left alone`(_ header: JournalRecord) throws {
    try directory.put("pull.journal", header.line)
    #expect(throws: JournalError.self) { try open() }
    #expect(try readBytes(directory.file("pull.journal")) == header.line)
  }

  @Test func `read-only writes nothing`() throws {
    let journal = try open(readOnly: true)
    journal.append(.failed(try uid(1), reason: "x"))
    try journal.flush()
    #expect(journal.record.failed.count == 1)
    #expect(try listDirectory(directory.path) == [])
  }

  @Test func `what was held under another validity is remembered until it is matched again`() throws
  {
    var record = try goldenRecord()
    let before = record.messages
    record.apply(.validity(UIDValidity(5)))
    #expect(record.messages.isEmpty && record.failed.isEmpty && record.awaitsRematch)
    #expect(record.former == before)
    #expect(record.formerValidity == UIDValidity(1_700_000_000))
    record.apply(.validity(UIDValidity(5)))
    #expect(record.former == before)
    record.apply(.rematched)
    #expect(record.former.isEmpty && !record.awaitsRematch)
  }
}
