import Mail
import Testing

@testable import Clients
@testable import Protocols

/// Names that a server tells apart and that decode to the same.
@Suite struct MailboxNamingTests {
  private func entry(_ raw: String, _ attributes: MailboxAttributes = []) -> ListEntry {
    // Latin-1, so that a test can name any byte.
    let bytes = raw.unicodeScalars.map { UInt8($0.value) }
    let name = RawMailboxName(bytes: bytes)
    return ListEntry(
      attributes: attributes, specialUses: [], separator: UInt8(ascii: "/"), rawName: name,
      components: name.components(separator: UInt8(ascii: "/"), usesUTF8: false))
  }

  @Test(
    arguments: [
      (["&AOk-", "\u{E9}"], "", ["&AOk-=é", "%E9=é [%25E9]"]),
      (
        ["&AOk-", "\u{C3}\u{A9}", "\u{E9}"], "",
        ["&AOk-=é", "%C3%A9=é [%25C3%25A9]", "%E9=é [%25E9]"]
      ),
      (["\u{C3}\u{A9}", "\u{E9}"], "", ["%C3%A9=é", "%E9=é [%25E9]"]),
      (
        ["&AOk-", "\u{E9}", "&AOk- [%E9]"], "",
        [
          "&AOk-=é", "&AOk- [%25E9]=é [%25E9]", "%E9=é [%25E9] [%25E9]",
        ]
      ),
      (["In/A", "A"], "In/", ["In/A=A", "A=A [A]"]),
      (["In/inbox", "INBOX"], "In/", ["In/inbox=In/inbox", "INBOX=INBOX"]),
      (["x/&AOk-", "x/\u{E9}", "\u{E9}"], "", ["x/&AOk-=x/é", "x/%E9=x/é [x%2F%25E9]", "%E9=é"]),
    ] as [([String], String, [String])])
  func `each mailbox has a name of its own, whatever the order`(
    _ raws: [String], _ prefix: String, _ expected: [String]
  ) {
    let naming = MailboxNaming(
      prefix: RawMailboxName(bytes: Array(prefix.utf8)), separator: UInt8(ascii: "/"),
      usesUTF8: false)
    for shift in raws.indices {
      let names = naming.run((raws[shift...] + raws[..<shift]).map { entry($0) })
      let told = names.map { raw, name in
        raw.bytes.map {
          $0 < 0x80 ? String(Unicode.Scalar($0)) : "%" + String($0, radix: 16, uppercase: true)
        }.joined().replacing("%E9]", with: "%25E9]") + "=\(name)"
      }
      #expect(told.sorted() == expected.sorted())
    }
  }

  @Test func `a mailbox that is listed twice is one, INBOX in any spelling`() throws {
    for names in [["Inbox", "INBOX", "A", "A"], ["A", "INBOX", "A", "Inbox"]] {
      var listing = MailboxListing(limits: .standard)
      for name in names { try listing.take(.list(entry(name, name == "A" ? .marked : .noSelect))) }
      try listing.take(.list(entry("A", .noSelect)))
      try listing.take(.lsub(entry("inbox")))
      #expect(listing.entries.map(\.rawName.description).sorted() == ["A", "INBOX"])
      let a = listing.entries.first { $0.rawName.description == "A" }
      #expect(a?.attributes == .marked)
      #expect(listing.isSubscribed(.inbox))
    }
  }

  @Test func `a list without end is refused`() throws {
    let limits = MailboxListing.Limits(lines: 3, octets: 100)
    for events in [
      (0...3).map { IMAPEvent.list(entry("m\($0)")) }, (0...3).map { .lsub(entry("m\($0)")) },
      (0...3).map { .status(entry("m\($0)").rawName, StatusItems()) },
      [.list(entry(String(repeating: "x", count: 101)))],
    ] {
      var listing = MailboxListing(limits: limits)
      for event in events.dropLast() { try listing.take(event) }
      let error = #expect(throws: ClientError.self) {
        if let last = events.last { try listing.take(last) }
      }
      guard case .tooMuch("mailboxes", limit: 3)? = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
    }
  }
}
