import Mail
import Platform
import TestSupport
import Testing

@testable import Journals

/// The files that are written anew as a whole, and count as missing if any of them can't be read.
@Suite struct WholeRecordsTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private static func seen() throws -> SeenArchive {
    var seen = SeenArchive()
    var mailbox = SeenArchive.Mailbox(stamp: "1.2,3")
    mailbox.messages = [
      .init(key: "o7.4.00ff", name: "a b,S=3", size: -1, flags: Flags(imap: ["\\Seen", "Key"])),
      .init(key: "nfoo", name: "foo", size: 12, flags: Flags()),
    ]
    mailbox.absent = ["o7.5.00ff"]
    seen.mailboxes[try #require(MailboxName(["Grüße", "a/b"]))] = mailbox
    seen.mailboxes[.inbox] = SeenArchive.Mailbox(stamp: "")
    return seen
  }

  private static func table() throws -> TargetTable {
    var table = TargetTable()
    table.url = "imaps://a%40b@example.net"
    table.separator = UInt8(ascii: "/")
    table.mailboxes = [.inbox: [], try #require(MailboxName(["Sent mail"])): [.sent]]
    table.kept = [
      .inbox: .init(permanent: Flags(imap: ["\\Seen"]), takesNewKeywords: false),
      try #require(MailboxName(["Sent mail"])): .init(permanent: nil, takesNewKeywords: true),
    ]
    return table
  }

  @Test func `what was seen is read as it was written`() throws {
    let seen = try Self.seen()
    #expect(SeenArchive(in: directory.directory) == nil)
    try seen.write(in: directory.directory)
    #expect(SeenArchive(in: directory.directory) == seen)
  }

  @Test func `what a target has is read as it was written`() throws {
    let table = try Self.table()
    #expect(TargetTable(in: directory.directory) == nil)
    try table.write(in: directory.directory)
    #expect(TargetTable(in: directory.directory) == table)
    var none = TargetTable()
    none.mailboxes = [.inbox: []]
    try none.write(in: directory.directory)
    #expect(TargetTable(in: directory.directory) == none)
  }

  @Test func `a file that is damaged or cut anywhere counts as missing`() throws {
    try Self.seen().write(in: directory.directory)
    let whole = Array(try readFile(directory.file("seen")).utf8)
    for place in whole.indices {
      var damaged = whole
      damaged[place] ^= 1
      try directory.put("seen", damaged)
      #expect(SeenArchive(in: directory.directory) == nil, "damaged at \(place)")
      // Whole records alone are what another run may have written.
      guard place > 0, whole[place - 1] != UInt8(ascii: "\n") else { continue }
      try directory.put("seen", Array(whole[..<place]))
      #expect(SeenArchive(in: directory.directory) == nil, "cut at \(place)")
    }
  }
}
