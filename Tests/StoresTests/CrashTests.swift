import Mail
import Platform
import TestSupport
import Testing

@testable import Stores

/// A run that ends at any step of a delivery, and the next one.
struct CrashTests {
  let temporary: TemporaryDirectory

  init() throws { temporary = try TemporaryDirectory() }

  /// The last step that the crashed run took.
  enum Step: CaseIterable {
    case beganWriting
    case finishedOne
    case gaveLetters
    case wroteHalfAKeywordFile
    case linkedOne
    case linkedAll
  }

  static let flags = Flags(
    [.seen], keywords: Set((0..<30).map { Keyword("k\($0)") } + [Keyword("a b")]))

  @Test(arguments: ArchiveIdentity.Layout.allCases, Step.allCases)
  func `the next run ends where an uninterrupted one does`(
    _ layout: ArchiveIdentity.Layout, _ last: Step
  ) throws {
    let path = temporary.path + "/archive"
    try crash(after: last, path)
    let archive = try Archive.open(path: path, for: .writing)
    let mailbox = try archive.makeMaildir(.inbox)
    #expect(try mailbox.tmpDirectory().list().isEmpty)
    #expect(try mailbox.directory.list().allSatisfy { !$0.hasPrefix(".") })
    let delivered = try mailbox.commit(try Self.prepared(in: mailbox))
    let found = try mailbox.scan()
    #expect(delivered.map(\.message) == found)
    #expect(try found.map { try mailbox.text(of: $0) } == ["one", "two"])
    #expect(found.allSatisfy { $0.flags == Self.flags })
    let present = last == .linkedAll ? [true, true] : [last == .linkedOne, false]
    #expect(delivered.map(\.wasPresent) == present)
    #expect(try mailbox.tmpDirectory().list().isEmpty)
  }

  private static func prepared(in mailbox: MaildirMailbox) throws -> [PreparedDelivery] {
    [
      try mailbox.prepare("one", origin: Fixture.origin(1), flags: flags),
      try mailbox.prepare("two", origin: Fixture.origin(2), flags: flags),
    ]
  }

  private func crash(after last: Step, _ path: String) throws {
    let archive = try Archive.create(path: path, account: "ada@example.org", layout: .maildir)
    let mailbox = try archive.makeMaildir(.inbox)
    switch last {
    case .beganWriting:
      try mailbox.tmpDirectory().put(archive.context.temporaryName(), "o")
    case .finishedOne:
      _ = try mailbox.prepare("one", origin: Fixture.origin(1), flags: Self.flags)
    case .gaveLetters:
      _ = try Self.prepared(in: mailbox)
      try mailbox.provideLetters(for: Self.flags.keywords)
    case .wroteHalfAKeywordFile:
      _ = try Self.prepared(in: mailbox)
      try mailbox.directory.put(Directory.unfinishedPrefix + "a", "0 x")
      try archive.state.put(Directory.unfinishedPrefix + "b", "mail")
    case .linkedOne:
      let both = try Self.prepared(in: mailbox)
      _ = try mailbox.commit([both[0]])
    case .linkedAll:
      _ = try mailbox.commit(try Self.prepared(in: mailbox))
    }
  }

  @Test func `only what mailarc left in tmp is cleared`() throws {
    let path = temporary.path + "/archive"
    do {
      let archive = try Archive.create(path: path, account: "ada@example.org", layout: .maildir)
      let tmp = try archive.makeMaildir(.inbox).tmpDirectory()
      for name in ["1.M1P2.host", "mailarc-x", "mailarc-0123456789abcdef-1x"] {
        try tmp.put(name, "")
      }
      try tmp.put("mailarc-0123456789abcdef-12", "")
    }
    let archive = try Archive.open(path: path, for: .writing)
    let mailbox = try archive.makeMaildir(.inbox)
    let others = ["1.M1P2.host", "mailarc-0123456789abcdef-1x", "mailarc-x"]
    #expect(try mailbox.tmpDirectory().list() == others)
    // What this run is writing is not what a run left.
    let prepared = try mailbox.prepare("x", origin: Fixture.origin(1))
    let again = try archive.makeMaildir(.inbox)
    #expect(try again.commit([prepared]).count == 1)
  }

  @Test func `a file that a rename left under two names is one message`() throws {
    let archive = try Archive.create(
      path: temporary.path + "/archive", account: "a", layout: .maildir)
    let mailbox = try archive.makeMaildir(.inbox)
    let stored = try mailbox.deliver("x", uid: 1)
    let seen = stored.baseName + Array(":2,S".utf8)
    try mailbox.cur.link(stored.name, to: mailbox.cur, Array(seen))
    let found = try mailbox.scan()
    #expect(found.count == 1)
    let changed = try mailbox.setFlags(Flags([.seen]), of: stored)
    #expect(try mailbox.cur.list().count == 1)
    #expect(try mailbox.scan() == [changed])
  }
}
