import Mail
import Platform
import TestSupport
import Testing

@testable import Stores

/// What a mailbox promises whatever its layout.
struct MailboxContractTests {
  typealias Layout = ArchiveIdentity.Layout

  let temporary: TemporaryDirectory

  init() throws { temporary = try TemporaryDirectory() }

  static let flags = Flags([.seen, .flagged], keywords: [Keyword("$Forwarded"), Keyword("Work")])

  @Test(arguments: Layout.allCases)
  func `a delivered message is listed and read as it was given`(_ layout: Layout) throws {
    let fixture = try Fixture(layout, in: temporary)
    let mailbox = try fixture.mailbox("INBOX")
    let stored = try mailbox.deliver("Subject: x\n\nbody\n", uid: 3, flags: Self.flags)
    let found = try mailbox.scan()
    #expect(found == [stored])
    #expect(stored.flags == Self.flags)
    #expect(stored.origin == (try Fixture.origin(3)))
    #expect(stored.namedSize == 17)
    #expect(stored.namedWireSize == 20)
    #expect(try mailbox.internalDate(of: stored) == InternalDate(epochSeconds: 1_700_000_000))
    #expect(try mailbox.text(of: stored) == "Subject: x\n\nbody\n")
    #expect(stored.isOurs)
  }

  @Test(arguments: Layout.allCases)
  func `messages come in the order of their UIDs, foreign ones last`(_ layout: Layout) throws {
    let fixture = try Fixture(layout, in: temporary)
    let mailbox = try fixture.mailbox("INBOX")
    for uid in [12, 3, 100] as [UInt32] { try mailbox.deliver("\(uid)", uid: uid, date: -5) }
    try fixture.addForeign("a\n", number: 3, to: mailbox)
    try fixture.addForeign("b\n", number: 20, to: mailbox)
    let texts = try mailbox.scan().map { try mailbox.text(of: $0) }
    #expect(texts == ["3", "12", "100", "a\n", "b\n"])
  }

  @Test(arguments: Layout.allCases)
  func `empty messages, dates before 1970 and many chunks survive`(_ layout: Layout) throws {
    let fixture = try Fixture(layout, in: temporary)
    let mailbox = try fixture.mailbox("INBOX")
    let large = String(repeating: "0123456789abcdef\n", count: 60_000)
    try mailbox.deliver("", uid: 1, date: -86_400)
    try mailbox.deliver(large, uid: 2, date: 0)
    let found = try mailbox.scan()
    #expect(found.map(\.namedDate) == [-86_400, 0].map { InternalDate(epochSeconds: $0) })
    #expect(try mailbox.text(of: found[0]).isEmpty)
    #expect(try mailbox.text(of: found[1]) == large)
    if let mailbox = mailbox as? MaildirMailbox {
      #expect(try mailbox.cur.status(of: found[0].name).modifiedSeconds == -86_400)
    }
  }

  @Test(arguments: Layout.allCases)
  func `many small writes arrive in their order`(_ layout: Layout) throws {
    let mailbox = try Fixture(layout, in: temporary).mailbox("INBOX")
    let delivery = try mailbox.beginDelivery()
    var expected: [UInt8] = []
    for round in 0..<700 {
      let piece = [UInt8](repeating: UInt8(round % 251), count: round * 3)
      expected += piece
      try piece.withUnsafeBytes { try delivery.write($0) }
    }
    let prepared = try delivery.finish(
      origin: nil, date: InternalDate(epochSeconds: 1), content: .content(of: expected),
      flags: Flags())
    let stored = try required(try mailbox.commit([prepared]).first).message
    var found: [UInt8] = []
    let file = try mailbox.open(stored)
    try file.forEachChunk { found += Array($0) }
    #expect(found == expected)
    try file.rewind()
    #expect(try file.nextChunk()?.count == min(expected.count, 256 << 10))
  }

  @Test(arguments: Layout.allCases)
  func `flags are changed and nothing else is`(_ layout: Layout) throws {
    let mailbox = try Fixture(layout, in: temporary).mailbox("INBOX")
    let stored = try mailbox.deliver("x", uid: 3, flags: Self.flags)
    let other = Flags([.answered], keywords: [Keyword("Later")])
    let changed = try mailbox.setFlags(other, of: stored)
    #expect(changed.flags == other)
    #expect(changed.baseName == stored.baseName)
    #expect(try mailbox.scan() == [changed])
    let cleared = try mailbox.setFlags(Flags(), of: changed)
    #expect(try mailbox.scan() == [cleared])
    #expect(cleared.flags.isEmpty)
    #expect(throws: StoreError.self) { try mailbox.setFlags(other, of: stored) }
  }

  @Test(arguments: Layout.allCases)
  func `a message moves with its flags, and twins stay two`(_ layout: Layout) throws {
    let fixture = try Fixture(layout, in: temporary)
    let inbox = try fixture.mailbox("INBOX")
    let work = try fixture.mailbox("Work", "2024")
    let one = try inbox.deliver("same", uid: 3, flags: Self.flags)
    try work.deliver("same", uid: 3)
    let moved = try inbox.move(one, to: work, origin: nil)
    #expect(try inbox.scan().isEmpty)
    let found = try work.scan()
    #expect(found.count == 2)
    #expect(found.contains(moved))
    #expect(moved.flags == Self.flags)
    #expect(moved.origin == one.origin)
    let back = try work.move(moved, to: inbox, origin: try Fixture.origin(99))
    #expect(try inbox.scan() == [back])
    #expect(back.origin == (try Fixture.origin(99)))
    #expect(back.namedDate == one.namedDate)
  }

  @Test(arguments: Layout.allCases)
  func `a removed message is gone and a missing one is named`(_ layout: Layout) throws {
    let mailbox = try Fixture(layout, in: temporary).mailbox("INBOX")
    let stored = try mailbox.deliver("x", uid: 3)
    try mailbox.remove([stored])
    try mailbox.flush()
    #expect(try mailbox.scan().isEmpty)
    let error = #expect(throws: StoreError.self) { try mailbox.remove([stored]) }
    #expect(error == .notFound(mailbox.path(of: stored)))
    #expect(throws: StoreError.self) { try mailbox.open(stored) }
  }

  @Test(arguments: Layout.allCases)
  func `the same message delivered again is adopted, with the flags that it has`(
    _ layout: Layout
  ) throws {
    let fixture = try Fixture(layout, in: temporary)
    let mailbox = try fixture.mailbox("INBOX")
    let first = try mailbox.deliver("x", uid: 3)
    let flagged = try mailbox.setFlags(Flags([.seen], keywords: [Keyword("mine")]), of: first)
    let again = try mailbox.commit([
      mailbox.prepare("x", origin: Fixture.origin(3), flags: Flags([.deleted]))
    ])
    #expect(again.map(\.message) == [flagged])
    #expect(again.map(\.wasPresent) == [true])
    #expect(try mailbox.scan() == [flagged])
    #expect(try fixture.leftovers(in: mailbox) == [])
  }

  @Test(arguments: Layout.allCases)
  func `another message of the same name is kept beside it`(_ layout: Layout) throws {
    let mailbox = try Fixture(layout, in: temporary).mailbox("INBOX")
    try mailbox.deliver("x", uid: 3)
    for text in ["y", "z", "y"] { try mailbox.deliver(text, uid: 3, flags: Self.flags) }
    let found = try mailbox.scan()
    #expect(try found.map { try mailbox.text(of: $0) }.sorted() == ["x", "y", "z"])
    #expect(found.allSatisfy { $0.origin?.uid.value == 3 && $0.isOurs })
  }

  @Test(arguments: Layout.allCases)
  func `equal deliveries of one batch become one, different ones stay`(_ layout: Layout) throws {
    let mailbox = try Fixture(layout, in: temporary).mailbox("INBOX")
    let delivered = try mailbox.commit([
      mailbox.prepare("x", origin: Fixture.origin(3)),
      mailbox.prepare("y", origin: Fixture.origin(3)),
      mailbox.prepare("x", origin: Fixture.origin(3)),
      mailbox.prepare("x", origin: nil),
      mailbox.prepare("x", origin: nil),
    ])
    #expect(delivered.map(\.wasPresent) == [false, false, true, false, false])
    #expect(try mailbox.scan().count == 4)
  }

  @Test(arguments: Layout.allCases)
  func `an abandoned, forgotten or discarded delivery leaves nothing`(_ layout: Layout) throws {
    let fixture = try Fixture(layout, in: temporary)
    let mailbox = try fixture.mailbox("INBOX")
    try mailbox.beginDelivery().abandon()
    _ = try mailbox.beginDelivery()
    mailbox.discard([try mailbox.prepare("x", origin: nil)])
    #expect(try fixture.leftovers(in: mailbox) == [])
    #expect(try mailbox.scan().isEmpty)
    #expect(try mailbox.commit([]).isEmpty)
  }
}
