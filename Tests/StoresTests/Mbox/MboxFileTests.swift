import Glibc
import Mail
import Platform
import TestSupport
import Testing

@testable import Stores

/// What stands in an mbox that mailarc wrote, and how it gets on with other programs.
struct MboxFileTests {
  let temporary: TemporaryDirectory
  let archive: Archive
  let mailbox: MboxStore

  init() throws {
    temporary = try TemporaryDirectory()
    archive = try Fixture(.mbox, in: temporary).archive
    mailbox = try required(try archive.makeMailbox(.inbox) as? MboxStore)
  }

  static let contents = [
    "From: a@example.org\nStatus: own\nSubject: one\n folded\n\nFrom here\n>From there\n",
    "Subject: no end", "", "no header\n", "\nempty header\n", "Subject: x\njunk\n\nText",
    "From the start\n",
  ]

  private func deliverAll() throws {
    for (index, content) in Self.contents.enumerated() {
      let keywords = index == 1 ? [Keyword("$Forwarded"), Keyword("a b")] : []
      try mailbox.deliver(
        content, uid: UInt32(index + 1), date: 1_700_000_000 + Int64(index),
        flags: Flags(SystemFlags(rawValue: UInt8(index * 5)), keywords: Set(keywords)))
    }
  }

  @Test func `a mailbox is the golden file, and the golden file is read`() throws {
    try deliverAll()
    #expect(try mailbox.raw() == goldenText("mailbox.mbox"))
    let messages = try mailbox.scan()
    #expect(try messages.map { try mailbox.text(of: $0) } == Self.contents)
    try archive.root.put("Golden.mbox", goldenText("mailbox.mbox"))
    let read = try required(try archive.mailbox(required(MailboxName(["Golden"]))))
    #expect(try read.scan() == messages)
  }

  @Test func `flags that fit change no other byte`() throws {
    try deliverAll()
    let before = try mailbox.raw()
    let inode = try archive.root.status(of: "INBOX.mbox").inode
    let found = try mailbox.scan()
    let changed = try mailbox.setFlags(found.map { FlagChange($0, Flags([.draft])) })
    #expect(try mailbox.raw().utf8.count == before.utf8.count)
    #expect(try mailbox.scan() == changed)
    // A rewrite keeps the file.
    let long = Flags(keywords: [Keyword(String(repeating: "k", count: 50))])
    let again = try mailbox.setFlags(long, of: changed[2])
    #expect(try mailbox.scan()[2] == again)
    #expect(try archive.root.status(of: "INBOX.mbox").inode == inode)
    #expect(try mailbox.scan().map { try mailbox.text(of: $0) } == Self.contents)
  }

  @Test(arguments: [true, false])
  func `a lock of another program is waited for, and named`(_ isDotLock: Bool) throws {
    mailbox.lockPatience = 60
    let prepared = try mailbox.prepare("x", origin: nil)
    let file = try archive.root.openForUpdate("INBOX.mbox")
    if isDotLock {
      try archive.root.put("INBOX.mbox.lock", "\(getpid())")
    } else {
      #expect(try file.takeRangeLock(.exclusive))
    }
    let error = #expect(throws: StoreError.self) { try mailbox.commit([prepared]) }
    let lock = mailbox.path + (isDotLock ? ".lock" : "")
    #expect(error == .mailboxLocked(mailbox.path, by: lock))
    #expect(try archive.root.contains("INBOX.mbox.lock") == isDotLock)
  }

  @Test(arguments: ["2147483646\n", ""])
  func `a lock that is left over is taken away`(_ content: String) throws {
    mailbox.lockPatience = 60
    try archive.root.put("INBOX.mbox.lock", content)
    // Without a process in it, it is its age that counts.
    try archive.root.setModificationTime(of: "INBOX.mbox.lock", WallClock.now - 301)
    try mailbox.deliver("x", uid: 1)
    #expect(try archive.root.list() == [".mailarc", "INBOX.mbox"])
  }

  @Test func `what somebody added behind half a message stays`() throws {
    try mailbox.deliver("first\n", uid: 1)
    let tail = try mailbox.tailDigest(
      try archive.root.openFile("INBOX.mbox"),
      upTo: try archive.root.status(of: "INBOX.mbox").size)
    let length = try archive.root.status(of: "INBOX.mbox").size
    let base = "1700000000.V7U2H0000000000000000.mailarc,S=100,W=100"
    let shape = MboxWriter.Shape(
      size: 100, lineFeeds: 1, blockOffset: 0, addsNewline: false, addsBlank: false)
    let intents: [MboxIntent] = [
      .append(length: length, lineFeeds: 0, tail: tail, isDurable: true),
      .message(
        base: Array(base.utf8), shape, contentSize: 100, blockLength: 120, digest: tail),
    ]
    let journal = "mailarc mbox journal 1\n" + intents.map(\.line).joined()
    let torn = "From MAILER-DAEMON Tue Nov 14 22:13:20 2023\nX-Mailarc: 17000"
    let cases: [(added: String, stays: Bool)] = [
      (torn, false), ("From MAILER", false), (torn + "\0\0\0", false), ("\0\0", false),
      (torn + "\nFrom a@example.org Tue Nov 14 22:13:20 2023\n\nx\n", true),
      ("From somebody", true), (torn + String(repeating: "x", count: 400), true),
    ]
    for (added, stays) in cases {
      let path = temporary.file("copy")
      try runSuccessfully("/bin/rm", ["-rf", path])
      try runSuccessfully("/bin/cp", ["-r", archive.root.path, path])
      let root = try Directory.open(path: path)
      try root.openSubdirectory(".mailarc").put(mailbox.journalName, journal)
      try root.openForAppending("INBOX.mbox").write(Array(added.utf8).span)
      _ = try Archive.open(path: path, for: .writing).mailbox(.inbox)
      let size = try root.status(of: "INBOX.mbox").size
      #expect(size == length + (stays ? Int64(added.utf8.count) : 0), "\(added.prefix(80))")
    }
  }

  @Test func `lines of the journal come back, and others are none`() throws {
    let digest = SHA256.digest(of: Array("x".utf8).span)
    let shape = MboxWriter.Shape(
      size: 17, lineFeeds: 0, blockOffset: 11, addsNewline: true, addsBlank: false)
    let intents: [MboxIntent] = [
      .append(length: 4711, lineFeeds: 1, tail: digest, isDurable: true),
      .append(length: 4711, lineFeeds: 1, tail: digest, isDurable: false),
      .message(
        base: Array("1.x y".utf8), shape, contentSize: 16, blockLength: 148, digest: digest),
      .rewrite(from: 1, length: 2, newLength: 3, inode: 4, tail: digest),
    ]
    for intent in intents {
      #expect(MboxIntent(String(intent.line.dropLast())) == intent)
      #expect(MboxIntent(String(intent.line.dropLast(2))) == nil)
    }
    for line in ["", "append", "append 1 \(digest)", "rewrite -1 2 3 4 \(digest)", "x \(digest)"] {
      #expect(MboxIntent(line) == nil)
    }
  }

  @Test func `a compressed file that is cut off is repaired before anything is added`() throws {
    let temporary = try TemporaryDirectory()
    let archive = try Fixture(.mboxGzip, in: temporary).archive
    let mailbox = try required(try archive.makeMailbox(.inbox) as? MboxStore)
    var generator = SeededGenerator(seed: 1)
    let texts = (0..<8).map { _ in
      (0..<4000).map { _ in String(UInt64.random(in: 0 ... .max, using: &generator)) }
        .joined(separator: "\n")
    }
    let prepared = try texts.enumerated().map { index, text in
      try mailbox.prepare(text, origin: Fixture.origin(UInt32(index + 1)))
    }
    _ = try mailbox.commit(prepared)
    let size = try archive.root.status(of: "INBOX.mbox.gz").size
    try archive.root.openForUpdate("INBOX.mbox.gz").truncate(to: size * 6 / 8)
    try mailbox.deliver("another", uid: 20)
    let found = try mailbox.scan()
    #expect(found.count >= 4)
    let wanted = texts.prefix(found.count - 1) + ["another"]
    let read = try found.map { try mailbox.text(of: $0) }
    #expect(read.map(\.count) == wanted.map(\.count))
    #expect(read == Array(wanted))
    #expect(try archive.state.openSubdirectory("trash").list().count == 1)
    #expect(mailbox.damage == [])
  }
}
