import Mail
import Platform
import TestSupport
import Testing

@testable import Stores

struct KeywordTests {
  let temporary: TemporaryDirectory
  let path: String

  init() throws {
    temporary = try TemporaryDirectory()
    path = temporary.path + "/archive"
  }

  private func create() throws -> Archive {
    try Archive.create(path: path, account: "a", layout: .maildir)
  }

  private static func flags(_ keywords: String...) -> Flags {
    Flags(keywords: Set(keywords.map { Keyword($0) }))
  }

  private static func letters(_ message: StoredMessage) -> String {
    String(decoding: MaildirName(message.name).letters, as: UTF8.self)
  }

  private static func text(_ name: String, in directory: Directory) throws -> String {
    String(decoding: try directory.readWhole(name, limit: 1 << 20), as: UTF8.self)
  }

  @Test func `one table serves all mailboxes`() throws {
    let archive = try create()
    let inbox = try archive.makeMaildir(.inbox)
    let first = try inbox.deliver("x", uid: 1, flags: Self.flags("Work", "$Forwarded"))
    #expect(Self.letters(first) == "ab")
    let work = try archive.makeMaildir(try required(MailboxName(["Work"])))
    #expect(try Self.text("dovecot-keywords", in: work.directory) == "0 $Forwarded\n1 Work\n")
    #expect(Self.letters(try work.deliver("x", uid: 1, flags: Self.flags("WORK", "new"))) == "bc")
    #expect(Self.letters(try inbox.deliver("x", uid: 2, flags: Self.flags("New"))) == "c")
    let expected = "mailarc keywords 1\n0 $Forwarded\n1 Work\n2 new\n"
    #expect(try Self.text("keywords", in: archive.state) == expected)
    #expect(
      try Self.text("dovecot-keywords", in: inbox.directory) == "0 $Forwarded\n1 Work\n2 new\n")
  }

  @Test func `a file moved by hand keeps its keywords`() throws {
    let archive = try create()
    let inbox = try archive.makeMaildir(.inbox)
    let other = try archive.makeMaildir(try required(MailboxName(["Other"])))
    let stored = try inbox.deliver("x", uid: 1, flags: Self.flags("Work"))
    try inbox.cur.rename(stored.name, to: other.cur, stored.name)
    // Other was made before there were letters and has no file of its own.
    #expect(try other.scan().map(\.flags) == [Self.flags("Work")])
    try other.deliver("y", uid: 2, flags: Self.flags("Later"))
    #expect(try other.scan().map(\.flags) == [Self.flags("Work"), Self.flags("Later")])
  }

  @Test func `a mailbox with letters of its own keeps them`() throws {
    let archive = try create()
    try archive.makeMaildir(.inbox).deliver("x", uid: 1, flags: Self.flags("Work", "Later"))
    let name = try required(MailboxName(["Foreign"]))
    let mailbox = try archive.makeMaildir(name)
    try mailbox.directory.put("dovecot-keywords", "0 Mine\nodd line\n2 Third\n0 Again\n30 far")
    try mailbox.cur.put("1.a.host:2,Sac", "a")
    try mailbox.cur.put("2.b.host:2,be", "b")
    let again = try archive.maildir(name)
    let found = try required(try again?.scan())
    #expect(
      found.map(\.flags) == [
        Flags([.seen], keywords: Self.flags("Mine", "Third").keywords), Flags(),
      ])
    let stored = try required(again).deliver(
      "x", uid: 5, flags: Self.flags("Work", "Mine", "Later"))
    // "Later" is the archive's `a` and "Work" its `b`: the first has its own meaning here, and the
    // second stands on a file that nobody explains.
    #expect(Self.letters(stored) == "adf")
    #expect(
      try Self.text("dovecot-keywords", in: mailbox.directory)
        == "0 Mine\nodd line\n2 Third\n0 Again\n30 far\n3 Later\n5 Work\n")
    #expect(try again?.scan().map(\.flags).last == found[1].flags)
    #expect(try again?.scan().first == stored)
  }

  @Test func `letters that another program gave become the archive's`() throws {
    let archive = try create()
    let inbox = try archive.makeMaildir(.inbox)
    let stored = try inbox.deliver("x", uid: 1, flags: Self.flags("Work"))
    // As Dovecot does it.
    try inbox.directory.put("dovecot-keywords", "0 Work\n1 Dovecot\n")
    try inbox.cur.rename(stored.name, to: inbox.cur, stored.baseName + Array(":2,ab".utf8))
    #expect(try inbox.scan().map(\.flags) == [Self.flags("Work", "Dovecot")])
    let other = try archive.makeMaildir(try required(MailboxName(["Other"])))
    #expect(Self.letters(try other.deliver("x", uid: 1, flags: Self.flags("mine"))) == "c")
    let found = try required(try inbox.scan().first)
    try inbox.cur.rename(found.name, to: other.cur, found.name)
    #expect(Set(try other.scan().map(\.flags)) == [found.flags, Self.flags("mine")])
  }

  @Test func `letters that mean nothing stay on a file`() throws {
    let archive = try create()
    let mailbox = try archive.makeMaildir(.inbox)
    try mailbox.cur.put("1.a.host:2,QSxz,more", "a")
    let message = try required(try mailbox.scan().first)
    #expect(message.flags == Flags([.seen]))
    let changed = try mailbox.setFlags(Flags([.flagged]), of: message)
    #expect(changed.displayName == "1.a.host:2,FQxz,more")
    #expect(try mailbox.scan() == [changed])
  }

  @Test func `P is what IMAP calls $Forwarded`() throws {
    let mailbox = try create().makeMaildir(.inbox)
    try mailbox.cur.put("1.a.host:2,PS", "a")
    let message = try required(try mailbox.scan().first)
    #expect(message.flags == Flags([.seen], keywords: [Keyword("$Forwarded")]))
    let same = try mailbox.setFlags(Flags(keywords: [Keyword("$Forwarded")]), of: message)
    #expect(same.displayName == "1.a.host:2,Pa")
    #expect(try mailbox.setFlags(Flags(), of: same).displayName == "1.a.host:2,")
  }

  @Test func `more keywords than letters are kept by file name`() throws {
    let mailbox = try create().makeMaildir(.inbox)
    let many = Flags([.seen], keywords: Set((10..<60).map { Keyword("k\($0)") }))
    let odd = Flags(keywords: [Keyword("a b"), Keyword("ü%\n"), Keyword("\\Ext"), Keyword("k11")])
    let first = try mailbox.deliver("x", uid: 1, flags: many)
    let second = try mailbox.deliver("y", uid: 2, flags: odd)
    #expect(Self.letters(first) == "Sabcdefghijklmnopqrstuvwxyz")
    #expect(Self.letters(second) == "b")
    let again = try required(try Archive.open(path: path, for: .reading).maildir(.inbox))
    #expect(try again.scan().map(\.flags) == [many, odd])
    var fewer = many
    fewer.keywords.remove(Keyword("k59"))
    let changed = try mailbox.setFlags([FlagChange(first, fewer), FlagChange(second, Flags())])
    #expect(try again.scan() == changed)
    #expect(changed.map(\.flags) == [fewer, Flags()])
    let expected = "mailarc keywords by file 1\n"
    try mailbox.remove([changed[0]])
    #expect(try Self.text("mailarc-keywords", in: mailbox.directory) == expected)
  }

  @Test func `keywords without letters move with their message`() throws {
    let archive = try create()
    let inbox = try archive.makeMaildir(.inbox)
    let other = try archive.makeMaildir(try required(MailboxName(["Other"])))
    try other.directory.put("dovecot-keywords", "0 Mine\n")
    let flags = Self.flags("a b", "c")
    let stored = try inbox.deliver("x", uid: 1, flags: flags)
    let moved = try inbox.move(stored, to: try required(archive.maildir(other.name)), origin: nil)
    #expect(Self.letters(moved) == "b")
    #expect(try other.scan().map(\.flags) == [flags])
    #expect(
      try Self.text("mailarc-keywords", in: inbox.directory) == "mailarc keywords by file 1\n")
  }

  @Test func `a lost table is gathered from the mailboxes`() throws {
    do {
      let archive = try create()
      try archive.makeMaildir(.inbox).deliver("x", uid: 1, flags: Self.flags("a", "b", "c"))
      try archive.state.unlink("keywords")
    }
    let reader = try Archive.open(path: path, for: .reading)
    #expect(reader.context.keywords.current.lines == ["0 a", "1 b", "2 c"])
    #expect(try !reader.state.contains("keywords"))
    let writer = try Archive.open(path: path, for: .writing)
    #expect(try Self.text("keywords", in: writer.state) == "mailarc keywords 1\n0 a\n1 b\n2 c\n")
  }

  @Test func `the golden file of keywords by file is read`() throws {
    let mailbox = try create().makeMaildir(.inbox)
    try mailbox.directory.put("mailarc-keywords", try goldenText("mailarc-keywords"))
    let names: [[UInt8]] = [Array("1.a b.host:2,S".utf8), [0x32, 0xFF] + Array(":2,".utf8)]
    for name in names { try mailbox.cur.put(name, "") }
    let flags = try mailbox.scan().map(\.flags)
    #expect(
      flags == [Flags([.seen], keywords: Self.flags("a b", "Work").keywords), Self.flags("é")])
  }

  @Test(arguments: [
    "mailarc keywords by file 1\n %ZZ\n", "x\n", "mailarc keywords by file 1\na %FF\n",
  ])
  func `a damaged file of keywords is an error`(_ text: String) throws {
    let mailbox = try create().makeMaildir(.inbox)
    try mailbox.directory.put("mailarc-keywords", text)
    #expect(throws: StoreError.self) { try mailbox.scan() }
  }
}
