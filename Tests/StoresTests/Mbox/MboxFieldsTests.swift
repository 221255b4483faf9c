import Mail
import Testing

@testable import Stores

struct MboxFieldsTests {
  static func read(_ fields: String) throws -> ReadMessage {
    let mbox = try ReadMbox(MboxSplitterTests.from + fields + "\n\nbody\n")
    return try required(mbox.messages.first)
  }

  @Test(arguments: [
    ("Status: RO", "\\Seen"), ("Status: O", ""), ("status: R", "\\Seen"), ("Status: ", ""),
    ("X-Status: AFTD", "\\Draft \\Flagged \\Answered \\Deleted"),
    ("Status: ROAF", "\\Flagged \\Answered \\Seen"),
    ("Status: d", "\\Draft"), ("Status: D", "\\Deleted"),
    ("Status: this is some text", ""),
    ("Status: RO\nStatus: O", ""),
    ("X-Keywords: a b", "a b"), ("X-Keywords: a,b", "a b"), ("X-Keywords:  NonJunk    ", "NonJunk"),
    ("X-Keywords: a\n\tb", "a b"), ("X-Keywords: a%20b", "a b"),
    ("X-Mozilla-Status: 0001", "\\Seen"), ("X-Mozilla-Status: 0007", "\\Flagged \\Answered \\Seen"),
    ("X-Mozilla-Status: 0009", "\\Seen \\Deleted"), ("X-Mozilla-Status: 1000", "$Forwarded"),
    ("X-Mozilla-Status: zzzz", ""),
    ("X-Mozilla-Status2: 00800000", "$MDNSent"), ("X-Mozilla-Status2: 04000000", "$label2"),
    ("X-Mozilla-Keys: $label1 tag                ", "$label1 tag"),
    ("Status: RO\nX-Status: F\nX-Mozilla-Status: 0002", "\\Flagged \\Answered \\Seen"),
    ("X-Gmail-Labels: Inbox,Unread,Starred", "\\Flagged Inbox"),
    ("X-Gmail-Labels: Inbox,\"a, b\",Drafts", "\\Draft \\Seen a, b Inbox"),
    (
      "X-GM-THRID: 1\nX-Gmail-Labels: =?UTF-8?Q?Entw=C3=BCrfe,?=\n =?utf-8?B?w6TDtg==?=",
      "\\Seen Entwürfe äö"
    ),
  ])
  func `fields become flags and are no content`(_ fields: String, _ flags: String) throws {
    let message = try Self.read(fields + "\nSubject: x")
    #expect(
      message.flags.description.split(separator: " ").sorted()
        == flags.split(separator: " ").sorted())
    #expect(message.text == "Subject: x\n\nbody\n")
  }

  @Test(arguments: [
    "X-Statusline: R", "Subject: x\nX-Keyword: a", "A: 1\nB: 2\nX-Gmail-Labels: a\nX-GM-THRID: 1",
    "Lines: 7", "X-Mozilla-Draft-Info: x", "X-Account-Key: account1",
    "X-Mailarc: 1.mailarc,S=1,W=1",
    "X-Mailarc: 1700000000.V1U3H0123456789abcdef.mailarc,S=17,W=18 other",
    "X-Mailarc: 1700000000.V1U3H0123456789abcdef.mailarc,S=17,W=18\nReceived: x",
    "X-Mailarc: 1700000000.V1U3H0123456789abcdef.mailarc,S=17,W=18\n folded",
    "X-Mailarc: 1700000000.V1U3H0123456789abcdef.mailarc,S=17,W=18\r",
  ])
  func `other fields are content`(_ fields: String) throws {
    let message = try Self.read(fields)
    #expect(message.text == fields + "\n\nbody\n")
    #expect(message.flags.isEmpty)
    #expect(message.mark == nil)
  }

  @Test func `what other programs add behind our block goes too`() throws {
    let base = "X-Mailarc: 1700000000.V1U3H0123456789abcdef.mailarc,S=17,W=18\n"
    let message = try Self.read(
      "Subject: x\nStatus: RO\n" + base + "Status: O\nX-UID: 7\nContent-Length: 5\nX-IMAPbase: 1 2")
    #expect(message.text == "Subject: x\nStatus: RO\n\nbody\n")
    #expect(message.flags.isEmpty)
  }

  @Test(arguments: [
    ("X-IMAP: 1795280419 0000000023", 0), ("X-IMAPbase: 1 2", 0), ("X-Other: 1", 1),
  ])
  func `a pseudo message is none`(_ field: String, _ count: Int) throws {
    let mbox = try ReadMbox(
      MboxSplitterTests.from
        + "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\n\(field)\n\ntext\n\n"
        + MboxSplitterTests.from + "Subject: x\n\n")
    #expect(mbox.messages.count == 1 + count)
  }

  @Test(
    arguments: [
      (
        "From - ",
        "Received: from x; Tue, 14 Nov 2023 22:13:20 +0000\nReceived: from y; Wed, 15 Nov 2023 22:13:20 +0000",
        1_700_000_000
      ),
      ("From - ", "Date: Tue, 14 Nov 2023 23:13:20 +0100", 1_700_000_000),
      ("From - ", "Received: by x\nDate: Tue, 14 Nov 2023 23:13:20 +0100", 1_700_000_000),
      ("From - Thu Jan  1 00:00:01 1970", "Date: Tue, 14 Nov 2023 23:13:20 +0100", 1),
      ("From - ", "Date: yesterday", nil),
    ] as [(String, String, Int64?)])
  func `the date is looked for`(_ line: String, _ fields: String, _ date: Int64?) throws {
    let mbox = try ReadMbox(line + "\n" + fields + "\n\nbody\n")
    #expect(mbox.messages.map(\.date?.epochSeconds) == [date])
  }
}
