import Mail
import Platform
import TestSupport
import Testing

@testable import Stores

/// Messages that are files of their own: `.eml` files and MH.
struct MessageFilesTests {
  private let tree: TreeFixture

  init() throws { tree = try TreeFixture() }

  @Test(
    arguments: [
      (
        "Received: by a; 1 Jan 2001\nReceived: by b; Mon, 1 Jan 2001 00:00:10 +0100\nDate: x\n", nil
      ),
      (
        "Received: by a\n for <b>; Mon, 1 Jan 2001 00:00:10 +0100 (CET)\nDate: 2 Jan 2002\n",
        978_303_610
      ),
      ("Received: by a (x; y); Mon, 1 Jan 2001 00:00:10 GMT\n", 978_307_210),
      ("Received: nonsense\nDate: Tue, 2 Jan 01 00:00 -0000\n", 978_393_600),
      ("Subject: none\n", nil), ("Date: yesterday\n", nil), ("", nil),
    ] as [(String, Int64?)])
  func `the date comes from the header, else from the file`(header: String, date: Int64?) throws {
    try tree.put("a.eml", header + "\nDate: 3 Jan 2003 00:00:00 GMT\n", date: 1_234_567)
    let mailbox = try tree.mailbox("tree")
    let message = try #require(try mailbox.scan().first)
    #expect(try mailbox.internalDate(of: message).epochSeconds == date ?? 1_234_567)
  }

  @Test func `MH's sequences`() throws {
    try tree.put("box/.mh_sequences", TreeFixture.golden("mh_sequences"))
    for number in [1, 2, 3, 6, 7, 8, 10] {
      try tree.put("box/\(number)", TreeFixture.message("\(number)"))
    }
    try tree.put("box/4", "no header").put("box/,5", TreeFixture.message("removed"))
      .put("box/#6", TreeFixture.message("removed")).put("box/9", "")
    #expect(
      try tree.mailbox("box").lines() == [
        "1 [] 1", "2 [\\Answered \\Seen] 2", "3 [\\Seen] 3", "4 [\\Seen] -", "6 [] 6",
        "7 [\\Flagged] 7", "8 [\\Flagged \\Seen] 8", "9 [] -", "10 [\\Seen] 10",
      ])
    #expect(try tree.mailbox("box").explanation() == "MH folder: it has a file .mh_sequences")
  }

  @Test func `without sequences nothing is known`() throws {
    try tree.put("box/1", TreeFixture.message("1"))
    #expect(try tree.mailbox("box").lines() == ["1 [] 1"])
  }

  @Test func `files of a Maildir outside of one keep their flags`() throws {
    let base = "1700000000.V1U1H0123456789abcdef.mailarc,S=1,W=2"
    try tree.put("cur/x", "").put("loose/1.a:2,FS", TreeFixture.message("a"))
      .put("loose/\(base):2,R", TreeFixture.message("b"))
    let mailbox = try tree.mailbox("loose")
    let messages = try mailbox.scan()
    #expect(messages.map { "\($0.flags)" } == ["\\Answered", "\\Flagged \\Seen"])
    #expect(try mailbox.internalDate(of: messages[0]).epochSeconds == 1_700_000_000)
  }

  @Test func `messages are read as they are, mbox files among them are not messages`() throws {
    let wire = "From: a\r\nTo: b\r\n\r\nbody\r\n"
    try tree.put("box/1.eml", wire).put("box/2.eml", "").put("box/3.eml", "no header")
      .put("box/4.eml", TreeFixture.mbox("four")).put("box/5.eml.gz", TreeFixture.gzip(wire))
      .put("box/10.eml", wire).put("box/.6.eml", wire).put("box/7.eml~", wire).put(
        "box/notes", "Hello")
    let mailbox = try tree.mailbox("box")
    let messages = try mailbox.scan()
    #expect(
      messages.map(\.displayName) == [
        "1.eml", "2.eml", "3.eml", "5.eml.gz", "10.eml",
      ])
    #expect(try mailbox.text(of: messages[0]) == wire)
    #expect(try mailbox.text(of: messages[1]) == "")
    #expect(try mailbox.text(of: messages[3]) == wire)
    #expect(try tree.listing() == ["box messageFiles box", "box/4 mbox box/4.eml"])
    #expect(mailbox.path(of: messages[0]) == "\(tree.path)/box/1.eml")
  }

  @Test func `what begins like a message`() throws {
    for (text, content) in [
      ("From: a\nTo: b\n\n", FileEvidence.Content.message), ("From: a\n\n", .other),
      ("\u{FEFF}Subject: a\r\nDate: b\r\n\r\n", .message), ("Note: a\nTo: b\n\n", .other),
      ("Received: a\n b\nSubject: x\n\n", .message), ("\n\n", .empty), ("", .empty),
      ("From a Mon Jan  1 00:00:00 2001\n", .mbox), ("From: a\nhello\nTo: b\n", .other),
      ("From the desk\nof: Ada\n", .mbox), ("From the desk\nHello\n", .other),
      ("From ", .mbox),
      ("!BDN", .otherMail("an Outlook data file; readpst makes mbox files of it")),
    ] { #expect(FileEvidence.content(of: Array(text.utf8)) == content, "\(text)") }
  }
}
