import Mail
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Stores

/// What holds of mailboxes of every layout, with many messages, threads and programs.
struct LayoutTests {
  typealias Layout = ArchiveIdentity.Layout

  let temporary: TemporaryDirectory

  init() throws { temporary = try TemporaryDirectory(inMemory: true) }

  private static let pieces = [
    "From ", ">From ", ">>>From x\n", "From: a@example.org\n", "Status: RO\n", "Status : x\n",
    "X-Status: A\n", "X-Keywords: mine\n",
    "X-Mailarc: 1.R0000000000000001.mailarc,S=1,W=1 newline\n",
    "X-Mailarc: nonsense\n", "X-Mozilla-Status: 0001\n", "Content-Length: 7\n", "Lines: 2\n",
    "Subject: x\n", " folded\n", "\tfolded\n", "\n", "\r\n", "\r", "\r\r\n", "junk\n", ":\n", "\0",
    "text", "\u{FF}", "From a@b Tue Nov 14 22:13:20 2023\n",
    "X-IMAPbase: 1 2\nSubject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\n",
  ]

  private static func content(_ generator: inout SeededGenerator) -> [UInt8] {
    var content: [UInt8] = []
    for _ in 0..<Int.random(in: 0...8, using: &generator) {
      content += Array(pieces[Int.random(in: 0..<pieces.count, using: &generator)].utf8)
    }
    if Int.random(in: 0..<60, using: &generator) == 0 {
      content += [UInt8](repeating: UInt8(ascii: ">"), count: 600_000) + Array("From x\n".utf8)
    }
    return content
  }

  @Test(arguments: Layout.allCases, 0..<4)
  func `generated messages come back byte for byte`(_ layout: Layout, _ seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let archive = try Fixture(layout, in: temporary).archive
    var expected: [UInt32: (content: [UInt8], flags: Flags, date: Int64)] = [:]
    let mailbox = try archive.makeMailbox(.inbox)
    for batch in 0..<6 {
      var prepared: [PreparedDelivery] = []
      for index in 0..<45 {
        let uid = UInt32(1 + batch * 45 + index)
        let content = Self.content(&generator)
        let keywords = ["a", "b c", "$d", "ü", "%41"].filter { _ in
          Int.random(in: 0..<4, using: &generator) == 0
        }
        let flags = Flags(
          SystemFlags(rawValue: UInt8.random(in: 0..<32, using: &generator)),
          keywords: Set(keywords.map { Keyword($0) }))
        let date = Int64.random(in: -3_000_000_000...5_000_000_000, using: &generator)
        expected[uid] = (content, flags, date)
        let delivery = try mailbox.beginDelivery()
        try content.withUnsafeBytes { try delivery.write($0) }
        prepared.append(
          try delivery.finish(
            origin: Fixture.origin(uid), date: InternalDate(epochSeconds: date),
            content: .content(of: content), flags: flags))
      }
      _ = try mailbox.commit(prepared, durably: batch % 2 == 0)
    }
    try mailbox.flush()
    let known = try mailbox.scan()
    let again = try Archive.open(path: archive.root.path, for: .reading)
    let read = try required(try again.mailbox(.inbox))
    let found = try read.scan()
    // What was made up when the messages were written is what is read from the file.
    #expect(found == known)
    #expect(found.count == expected.count)
    for message in found {
      let wanted = try required(message.origin.flatMap { expected[$0.uid.value] })
      var bytes: [UInt8] = []
      try read.open(message).forEachChunk { bytes += Array($0) }
      try #require(bytes == wanted.content)
      #expect(message.flags == wanted.flags)
      #expect(try read.internalDate(of: message).epochSeconds == wanted.date)
    }
  }

  @Test(arguments: Layout.allCases)
  func `one delivers, one sets flags, one reads, and nobody loses anything`(
    _ layout: Layout
  ) async throws {
    let archive = try Fixture(layout, in: temporary).archive
    let mailbox = try archive.makeMailbox(.inbox)
    for uid in 1...10 as ClosedRange<UInt32> { try mailbox.deliver("\(uid)", uid: uid) }
    let before = try mailbox.scan()
    async let delivered: Void = WorkerThread.run(name: "deliver") {
      let mailbox = try archive.makeMailbox(.inbox)
      for uid in 11...20 as ClosedRange<UInt32> { try mailbox.deliver("\(uid)", uid: uid) }
    }
    async let flagged: Void = WorkerThread.run(name: "flag") {
      let mailbox = try archive.makeMailbox(.inbox)
      for message in before {
        // Longer than the place for keywords.
        let keyword = Keyword(String(repeating: "k", count: 60))
        _ = try mailbox.setFlags(Flags([.seen], keywords: [keyword]), of: message)
      }
    }
    async let read: Void = WorkerThread.run(name: "read") {
      let mailbox = try archive.makeMailbox(.inbox)
      for _ in 0..<10 {
        for message in try mailbox.scan().prefix(10) {
          guard try mailbox.text(of: message) == "\(message.origin?.uid.value ?? 0)" else {
            throw Missing()
          }
        }
      }
    }
    _ = try await (delivered, flagged, read)
    let found = try mailbox.scan()
    #expect(found.count == 20)
    #expect(found.prefix(10).allSatisfy { $0.flags.system == [.seen] })
  }

  @Test(arguments: Layout.allCases)
  func `what other programs add is seen, flagged, moved and removed`(_ layout: Layout) throws {
    let fixture = try Fixture(layout, in: temporary)
    let mailbox = try fixture.mailbox("INBOX")
    let work = try fixture.mailbox("Work")
    try mailbox.deliver("ours\n", uid: 1)
    try fixture.addForeign("Subject: one\n\nText\n", number: 1, to: mailbox)
    #expect(try mailbox.scan().count == 2)
    try mailbox.deliver("ours, too", uid: 2)
    try fixture.addForeign("\nno header\n", number: 2, to: mailbox)
    let found = try mailbox.scan()
    let texts = ["ours\n", "ours, too", "Subject: one\n\nText\n", "\nno header\n"]
    #expect(try found.map { try mailbox.text(of: $0) } == texts)
    let flags = Flags([.seen, .deleted], keywords: [Keyword("a b")])
    let flagged = try mailbox.setFlags(found.map { FlagChange($0, flags) })
    #expect(try mailbox.scan() == flagged)
    #expect(flagged.allSatisfy { $0.flags == flags })
    #expect(flagged.map(\.baseName) == found.map(\.baseName))
    #expect(try flagged.map { try mailbox.text(of: $0) } == texts)
    let cleared = try mailbox.setFlags(flagged.map { FlagChange($0, Flags()) })
    #expect(try cleared.map { try mailbox.text(of: $0) } == texts)
    let again = try mailbox.setFlags(cleared.map { FlagChange($0, flags) })
    let moved = try mailbox.move(again[2], to: work, origin: nil)
    #expect(try work.text(of: moved) == texts[2])
    #expect(moved.flags == flags)
    try mailbox.remove([again[3]])
    #expect(try mailbox.scan() == Array(again.prefix(2)).map { try required(find($0, mailbox)) })
    #expect(try fixture.leftovers(in: mailbox) == [])
  }

  // Offsets shift.
  private func find(_ message: StoredMessage, _ mailbox: any Mailbox) throws -> StoredMessage? {
    try mailbox.scan().first { $0.name == message.name }
  }

  @Test(arguments: Layout.allCases)
  func `names of all sorts are made, listed, found and taken away`(_ layout: Layout) throws {
    let archive = try Fixture(layout, in: temporary).archive
    let names = try [
      ["INBOX"], ["INBOX", "a"], ["inbox", "a"], ["a.b", "c/d"], ["Entwürfe"], ["日本語", "&"],
      ["100%"], ["%2E"], ["a%2Eb"], ["%252E"], ["a%252Embox"], ["."], [".."], ["a."], ["cur"],
      ["tmp", "new"],
      ["x.mbox"], ["x.mbox", "y.lock"], ["x%2Embox"], ["x.mbox.gz"], ["x"], ["%!a"], ["%+"],
      ["mailarc"],
      ["mailarc-unfinished-x"], ["tab\tnl\n"], ["maildirfolder"], ["~a"], ["a", "b", "c", "d"],
      ["x%252Embox"], ["a%25"], [".mbox"], ["&AOQ-"], ["2Embox"],
    ].map { try required(MailboxName($0)) }
    for name in names { try archive.makeMailbox(name).deliver(name.description, uid: 1) }
    let tree = try archive.mailboxes()
    #expect(tree.mailboxes.map(\.name) == names.sorted())
    #expect(tree.unreadable == [])
    for place in tree.mailboxes {
      let mailbox = try archive.mailbox(at: place)
      #expect(try mailbox.scan().map { try mailbox.text(of: $0) } == [place.name.description])
      let found = try required(try archive.mailbox(place.name))
      #expect(try found.scan().count == 1)
      #expect(try archive.identity(of: place.name) == found.identity())
      #expect(try !archive.removeIfEmpty(place.name))
      try found.remove(try found.scan())
      if !place.name.isInbox { #expect(try archive.removeIfEmpty(place.name)) }
    }
    #expect(try archive.mailboxes().mailboxes.map(\.name) == [.inbox])
  }

  @Test(arguments: [Layout.maildirPlusPlus, .mbox, .mboxGzip])
  func `a name that is too long is refused with the reason`(_ layout: Layout) throws {
    let archive = try Fixture(layout, in: temporary).archive
    let name = try required(MailboxName([String(repeating: "ü", count: 200)]))
    let error = #expect(throws: StoreError.self) { try archive.makeMailbox(name) }
    guard case .unsuitableName(_, let reason) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason.contains("bytes"))
    #expect(try archive.mailboxes().mailboxes.isEmpty)
  }

  @Test(arguments: Layout.allCases)
  func `every change shows in the stamp, and reading does not`(_ layout: Layout) throws {
    let archive = try Fixture(layout, in: temporary).archive
    let mailbox = try archive.makeMailbox(.inbox)
    var stamps: Set<MailboxStamp> = []
    stamps.insert(try mailbox.currentStamp())
    let message = try mailbox.deliver("x", uid: 1)
    stamps.insert(try mailbox.currentStamp())
    pause(milliseconds: 12)
    let flagged = try mailbox.setFlags(Flags([.seen]), of: message)
    stamps.insert(try mailbox.currentStamp())
    #expect(try mailbox.scan() == [flagged])
    stamps.insert(try mailbox.currentStamp())
    pause(milliseconds: 12)
    try mailbox.remove([flagged])
    stamps.insert(try mailbox.currentStamp())
    #expect(stamps.count == 4)
    #expect(try mailbox.stamp() == nil)
  }
}
