import Glibc
import Mail
import Platform
import TestSupport
import Testing

@testable import Journals

/// Receipts as files: what is written is read, and what was changed is not believed.
@Suite struct ReceiptTests {
  private static let header = ReceiptHeader(
    account: "ada lovelace@example.org", mail: .archive("00112233445566778899aabbccddeeff"),
    time: 1_700_000_000, withDeleted: false)

  private static func message(
    _ text: String, _ presence: ReceiptMessage.Presence, uid value: UInt32? = nil,
    in mailbox: MailboxName = .inbox, flags: Flags = Flags(), date: Int64? = 1_600_000_000
  ) -> ReceiptMessage {
    var message = ReceiptMessage(
      mailbox: mailbox, file: "1.V1U1 \(text)%", digest: digest(text),
      headerKey: HeaderKey(hash: 0xABCDEF, hasMessageID: presence != .content), size: 517,
      keyDecides: presence == .header, date: date.map { InternalDate(epochSeconds: $0) },
      flags: flags)
    message.uid = value.flatMap { UID($0) }
    message.presence = presence
    if presence == .altered {
      message.kept = ReceiptMessage.Kept(
        digest: digest(text + " altered"), headerKey: HeaderKey(hash: 1, hasMessageID: true),
        size: 530)
    }
    return message
  }

  /// Every verdict, with values that are easy to get wrong.
  private static var everything: [(ReceiptMailbox, [ReceiptMessage])] {
    let work = MailboxName(["Work", "a/b %-"]) ?? .inbox
    let flags = Flags(
      [.seen, .draft], keywords: [Keyword("$Label1"), Keyword("Ähm%"), Keyword("-")])
    var differing = message("c", .header, uid: 4_294_967_295, flags: flags, date: -1)
    differing.dateDiffers = true
    differing.flagsDiffer = true
    var other = message("d", .altered, uid: 9, flags: flags)
    other.flagsDiffer = true
    return [
      (
        ReceiptMailbox(name: .inbox, uidValidity: UIDValidity(4_294_967_295)),
        [message("a", .content, uid: 1), message("b", .missing, in: work), differing]
      ),
      (ReceiptMailbox(name: work, uidValidity: nil), [message("e", .unchecked, date: nil)]),
      (ReceiptMailbox(name: MailboxName(["-"]) ?? .inbox, uidValidity: UIDValidity(0)), [other]),
    ]
  }

  private let temporary: TemporaryDirectory

  init() throws { temporary = try TemporaryDirectory(inMemory: true) }

  private func write(
    _ sections: [(ReceiptMailbox, [ReceiptMessage])], header: ReceiptHeader = header
  ) throws {
    let writer = try ReceiptWriter(in: temporary.directory, name: "receipt", header)
    for (mailbox, messages) in sections {
      try writer.write(mailbox)
      for message in messages { try writer.write(message) }
    }
    try writer.finish()
  }

  private func read() throws -> ReceiptReader {
    try ReceiptReader(in: temporary.directory, name: "receipt")
  }

  private func expectEverything(_ reader: ReceiptReader) throws {
    #expect(reader.header == Self.header)
    #expect(reader.sections.map(\.mailbox) == Self.everything.map(\.0))
    // In any order.
    for (section, expected) in zip(reader.sections, Self.everything).reversed() {
      #expect(section.count == expected.1.count)
      #expect(try reader.messages(of: section) == expected.1)
    }
  }

  @Test func `what is written is read`() throws {
    try write(Self.everything)
    try expectEverything(try read())
    let foreign = ReceiptHeader(
      account: "ada", mail: .path("/home/ada/my mail"), time: 0, withDeleted: true)
    try write([], header: foreign)
    #expect(try read().header == foreign)
  }

  @Test func `the golden file is what is written`() throws {
    try write(Self.everything)
    let expected = try golden("receipt")
    #expect(try readBytes(temporary.file("receipt")) == expected)
    try temporary.put("receipt", expected)
    try expectEverything(try read())
  }

  // A receipt that is longer than what is read at a time.
  @Test func `a long receipt`() throws {
    let messages = (0..<4000).map { Self.message("m\($0)", .header, uid: UInt32($0 + 1)) }
    let mailbox = Self.everything[0].0
    let second = Self.everything[2].0
    try write([(mailbox, messages), (second, messages.reversed())])
    let reader = try read()
    #expect(try reader.messages(of: reader.sections[1]) == messages.reversed())
    #expect(try reader.messages(of: reader.sections[0]) == messages)
  }

  @Test func `a new receipt is for its owner alone, and nothing is left of one given up`() throws {
    try write(Self.everything)
    var status = stat()
    #expect(stat(temporary.file("receipt"), &status) == 0 && status.st_mode & 0o777 == 0o600)
    do { _ = try ReceiptWriter(in: temporary.directory, name: "other", Self.header) }
    #expect(try temporary.directory.entries().count == 1)
  }

  @Test(arguments: ["", "mailarc receive", "\u{0}", "mailarc journal 1\n"])
  func `another file is neither read nor replaced`(_ text: String) throws {
    try writeFile(temporary.file("receipt"), text)
    let expected = ReceiptError.foreign(path: temporary.file("receipt"))
    #expect(throws: expected) { try write([]) }
    #expect(throws: expected) { try read() }
    #expect(try readBytes(temporary.file("receipt")) == Array(text.utf8))
  }

  @Test func `a link is neither followed nor replaced`() throws {
    try write([])
    let link = temporary.file("link")
    #expect(symlink(temporary.file("receipt"), link) == 0)
    #expect(throws: ReceiptError.foreign(path: link)) {
      try ReceiptWriter(in: temporary.directory, name: "link", Self.header)
    }
  }

  @Test func `what takes the name meanwhile is not replaced`() throws {
    let writer = try ReceiptWriter(in: temporary.directory, name: "receipt", Self.header)
    try writeFile(temporary.file("receipt"), "a letter")
    #expect(throws: ReceiptError.foreign(path: temporary.file("receipt"))) { try writer.finish() }
    #expect(try readBytes(temporary.file("receipt")) == Array("a letter".utf8))
  }

  @Test func `a later version's is not guessed at`() throws {
    try writeFile(temporary.file("receipt"), "mailarc receipt 2\nwhatever\n")
    #expect(throws: ReceiptError.newer(path: temporary.file("receipt"), version: 2)) { try read() }
  }

  /// What may befall a receipt, and the line that tells.
  private static let harm: [(String, Int, @Sendable (inout [String]) -> Void)] = [
    ("a line is lost", 13, { $0.remove(at: 7) }),
    ("a line comes twice", 15, { $0.insert($0[6], at: 6) }),
    ("a verdict is another", 14, { $0[7].replace(" missing ", with: " unchecked ") }),
    ("a date is another", 14, { $0[6].replace("1600000000", with: "1600000001") }),
    ("a verdict is none", 8, { $0[7].replace(" missing ", with: " mising ") }),
    ("a missing message has a UID", 8, { $0[7].replace(" missing - ", with: " missing 7 ") }),
    ("an escape is broken", 7, { $0[6] += "%4" }),
    ("a digest is too short", 7, { $0[6].replace(" content 1 ca", with: " content 1 c") }),
    ("the account is gone", 5, { $0.remove(at: 1) }),
    ("the account comes twice", 6, { $0.insert($0[1], at: 1) }),
    ("there are unknown words", 6, { $0.insert("hello", at: 5) }),
    ("a message stands in no mailbox", 6, { $0.remove(at: 5) }),
    ("a mailbox comes twice", 14, { $0.insert($0[5], at: 13) }),
    ("a mailbox has no validity", 6, { $0[5] = "mailbox INBOX" }),
    ("the end is gone", 13, { $0.remove(at: 13) }),
    ("it goes on behind the end", 15, { $0.append("end 0 -") }),
    ("the count is another", 14, { $0[13].replace("end 5", with: "end 6") }),
    (
      "a line is very long", 8,
      { $0[7].replace("1.V1U1", with: String(repeating: "x", count: 1 << 21)) }
    ),
  ]

  @Test(arguments: harm.indices)
  func `a receipt that was changed names the line`(_ index: Int) throws {
    try write(Self.everything)
    let path = temporary.file("receipt")
    var lines = String(decoding: try readBytes(path), as: UTF8.self)
      .split(separator: "\n").map { String($0) }
    #expect(lines.count == 14)
    let (what, number, change) = Self.harm[index]
    let before = lines
    change(&lines)
    #expect(lines != before, "\(what)")
    try writeFile(path, lines.joined(separator: "\n") + "\n")
    let error = #expect(throws: ReceiptError.self) { try read() }
    guard case .malformed(_, let line, _) = error else {
      Issue.record("\(what): \(String(describing: error))")
      return
    }
    #expect(line == number, "\(what)")
  }

  @Test func `a receipt that is cut off anywhere is not believed`() throws {
    try write(Self.everything)
    let bytes = try readBytes(temporary.file("receipt"))
    for count in 0..<bytes.count {
      try temporary.put("receipt", Array(bytes.prefix(count)))
      #expect(throws: ReceiptError.self) { try read() }
    }
  }

  @Test func `a receipt that changes while it is used is not believed`() throws {
    try write(Self.everything)
    let reader = try read()
    var bytes = try readBytes(temporary.file("receipt"))
    for place in bytes.indices.dropFirst(200) where bytes[place] != .lineFeed {
      bytes[place] = 0x20
    }
    let file = try temporary.directory.openForUpdate("receipt")
    try file.write(bytes.span)
    #expect(throws: ReceiptError.changed(path: temporary.file("receipt"))) {
      try reader.messages(of: reader.sections[0])
    }
  }
}
