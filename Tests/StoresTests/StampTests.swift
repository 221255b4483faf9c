import Mail
import Platform
import TestSupport
import Testing

@testable import Stores

struct StampTests {
  let temporary: TemporaryDirectory
  let mailbox: MaildirMailbox
  let archive: Archive

  init() throws {
    temporary = try TemporaryDirectory()
    archive = try Archive.create(path: temporary.path + "/archive", account: "a", layout: .maildir)
    mailbox = try archive.makeMaildir(.inbox)
  }

  static let second: Int64 = 1_000_000_000

  @Test func `what changed a moment ago has no stamp`() throws {
    #expect(try mailbox.stamp() == nil)
    let now = try mailbox.fileSystemTime()
    #expect(try mailbox.stamp(at: now + 1_900_000_000) == nil)
    #expect(try mailbox.stamp(at: now + 2 * Self.second) == mailbox.currentStamp())
    #expect(try mailbox.stamp(at: .min) == nil)
  }

  @Test func `the file system's clock goes forward`() throws {
    let before = try mailbox.cur.status().changedNanoseconds
    let first = try mailbox.fileSystemTime()
    #expect(first >= before)
    #expect(try mailbox.fileSystemTime() >= first)
    #expect(first < before + 3600 * Self.second)
  }

  @Test func `a stamp is one word and comes back`() throws {
    let stamp = try mailbox.currentStamp()
    #expect(MailboxStamp(stamp.description) == stamp)
    #expect(!stamp.description.contains { $0 == " " || $0 == "\n" })
    for text in ["", "a b", "x", String(repeating: "1", count: 600)] {
      #expect(MailboxStamp(text) == nil)
    }
  }

  enum Change: CaseIterable {
    case delivered, flagged, removed, putIntoNew, gaveALetter, wroteKeywordsByFile
  }

  @Test(arguments: Change.allCases)
  func `every change shows`(_ change: Change) throws {
    let stored = try mailbox.deliver("x", uid: 1)
    // Times of files have steps; what follows must not fall into the same one.
    for directory in ["cur", "new"] {
      try mailbox.directory.setModificationTime(of: directory, 1000)
    }
    let before = try mailbox.currentStamp()
    switch change {
    case .delivered: try mailbox.deliver("y", uid: 2)
    case .flagged: _ = try mailbox.setFlags(Flags([.seen]), of: stored)
    case .removed: try mailbox.remove([stored])
    case .putIntoNew: try required(mailbox.newDirectory()).put("1.a.b", "x")
    case .gaveALetter: try mailbox.provideLetters(for: [Keyword("a")])
    case .wroteKeywordsByFile:
      try mailbox.setExtras(Flags(keywords: [Keyword("a b")]), base: Array("x".utf8))
    }
    #expect(try mailbox.currentStamp() != before)
  }

  @Test func `reading leaves the stamp`() throws {
    let stored = try mailbox.deliver("x", uid: 1)
    let before = try mailbox.currentStamp()
    _ = try mailbox.scan()
    _ = try mailbox.text(of: stored)
    _ = try archive.maildir(.inbox)?.scan()
    #expect(try mailbox.currentStamp() == before)
  }
}
