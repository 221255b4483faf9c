import Glibc
import Mail
import Platform
import TestSupport
import Testing

@testable import Stores

/// What other programs keep beside and in the messages of a Maildir.
struct ForeignMaildirTests {
  private let tree: TreeFixture

  init() throws { tree = try TreeFixture() }

  private func message(_ path: String, date: Int64 = 1_000_000_000) throws {
    try tree.put(path, TreeFixture.message(path), date: date)
  }

  @Test func `Dovecot's keywords, UIDs and dates`() throws {
    try tree.putMaildir("").put("dovecot-keywords", "0 Work\n2 $Label1\n")
      .put("dovecot-uidlist", TreeFixture.golden("dovecot-uidlist"))
    try message("cur/1.late,S=1:2,Sa")
    try message("cur/2.early,S=1:2,PRcb", date: 5)
    try message("new/3.new")
    try message("cur/0.unknown:2,T")
    let mailbox = try tree.mailbox("INBOX")
    #expect(
      try mailbox.lines() == [
        "2.early,S=1:2,PRcb [\\Answered $Forwarded $Label1] cur/2.early,S=1:2,PRcb",
        "1.late,S=1:2,Sa [\\Seen Work] cur/1.late,S=1:2,Sa", "3.new [] new/3.new",
        "0.unknown:2,T [\\Deleted] cur/0.unknown:2,T",
      ])
    #expect(try mailbox.internalDate(of: mailbox.scan()[0]) == InternalDate(epochSeconds: 5))
    #expect(
      try mailbox.explanation()
        == "Maildir: it has a directory cur; with dovecot-keywords, dovecot-uidlist")
    #expect(try mailbox.stamp() == nil)
  }

  @Test func `a UID list of Dovecot's first version`() throws {
    try tree.putMaildir("").put("dovecot-uidlist", "1 1 9\n4 1.a:2,S\n3 2.b\n")
    try message("cur/1.a:2,")
    try message("cur/2.b:2,")
    #expect(try tree.mailbox("INBOX").scan().map(\.displayName) == ["2.b:2,", "1.a:2,"])
  }

  @Test func `Courier's keywords and UIDs`() throws {
    try tree.putMaildir("").put("courierimapuiddb", TreeFixture.golden("courierimapuiddb"))
      .put("courierimapkeywords/:list", TreeFixture.golden("courierimapkeywords-list"))
      // Newer than the list; the one without a number is the newest.
      .put("courierimapkeywords/.5984268.2.b", "Old\n").put(
        "courierimapkeywords/.5984269.2.b", "New\n"
      )
      .put("courierimapkeywords/.5984269.3.c", "Old\n").put("courierimapkeywords/3.c", "")
      .put("courierimapkeywords/.rubbish", "Bad\n")
    for name in ["1.a,S=1", "2.b", "3.c", "4.d", "5.e"] { try message("cur/\(name):2,S") }
    #expect(
      try tree.mailbox("INBOX").scan().map { "\($0.displayName) \($0.flags)" } == [
        "3.c:2,S \\Seen", "2.b:2,S \\Seen New", "1.a,S=1:2,S \\Seen $Label1 Work",
        "4.d:2,S \\Seen Work", "5.e:2,S \\Seen $Label1",
      ])
  }

  @Test func `UIDs in names, and leading numbers`() throws {
    try tree.putMaildir("box/").putMaildir("other/")
    for name in ["9.x,U=2:2,S", "8.x,U=10:2,", "7.x,U=3,FMD5=0a:2,", "3.none:2,"] {
      try message("box/cur/\(name)")
    }
    for name in ["100.b", "99.c", "100.a", "rubbish", "5 by hand"] {
      try message("other/new/\(name)")
    }
    #expect(
      try tree.mailbox("box").scan().map(\.displayName) == [
        "9.x,U=2:2,S", "7.x,U=3,FMD5=0a:2,", "8.x,U=10:2,", "3.none:2,",
      ])
    #expect(
      try tree.mailbox("other").scan().map(\.displayName) == [
        "5 by hand", "99.c", "100.a", "100.b", "rubbish",
      ])
  }

  @Test func `compressed messages, as Dovecot's zlib plugin writes them`() throws {
    let text = TreeFixture.message("one")
    try tree.putMaildir("").put("cur/1.x,S=\(text.utf8.count):2,S", TreeFixture.gzip(text))
      .put("cur/2.x:2,", [0x1F, 0x8B, 7, 0])
    let mailbox = try tree.mailbox("INBOX")
    let messages = try mailbox.scan()
    #expect(try mailbox.text(of: messages[0]) == text)
    #expect(messages[0].namedSize == Int64(text.utf8.count))
    let file = try mailbox.open(messages[0])
    #expect(file.size == nil)
    _ = try file.nextChunk()
    try file.rewind()
    #expect(try file.nextChunk()?.count == text.utf8.count)
    // Another method than the one that gzip has: no compressed file.
    var count = 0
    try mailbox.open(messages[1]).forEachChunk { count += $0.count }
    #expect(count == 4)
  }

  @Test func `a mailbox that was taken out of an archive`() throws {
    let base = "1700000000.V1U1H0123456789abcdef.mailarc,S=1,W=2"
    try tree.putMaildir("").put("dovecot-keywords", "0 Work\n")
      .put("mailarc-keywords", "mailarc keywords by file 1\n\(base) a%20b\n")
    try message("cur/\(base):2,Sa")
    let mailbox = try tree.mailbox("INBOX")
    let found = try #require(try mailbox.scan().first)
    #expect(found.flags.imapNames == ["\\Seen", "a b", "Work"])
    #expect(try mailbox.internalDate(of: found) == InternalDate(epochSeconds: 1_700_000_000))
  }

  @Test func `the stamp changes with the mailbox`() throws {
    try tree.putMaildir("")
    let mailbox = try tree.mailbox("INBOX")
    let before = try mailbox.currentStamp()
    try message("cur/1.a:2,")
    #expect(try mailbox.currentStamp() != before)
  }
}
