import Mail
import Testing

@testable import Protocols

/// Names on the wire and in Unicode.
@Suite struct RawMailboxNameTests {
  @Test(arguments: [
    ("INBOX", "INBOX"), ("&AOk-", "\u{e9}"), ("a &- b", "a & b"), ("&ZeVnLIqe-", "日本語"),
    // Not well-formed: taken as they are.
    ("a&b", "a&b"), ("&AC8-x", "&AC8-x"), ("&!-", "&!-"), ("&AOk", "&AOk"),
    ("caf\u{e9}", "caf\u{e9}"),
  ])
  func decoding(_ wire: String, _ name: String) {
    let raw = RawMailboxName(bytes: Array(wire.utf8))
    #expect(raw.decoded(usesUTF8: false) == name)
    #expect(raw.decoded(usesUTF8: true) == wire)
  }

  @Test func latin1IsTheLastResort() {
    #expect(RawMailboxName(bytes: [0x63, 0xe9]).decoded(usesUTF8: true) == "c\u{e9}")
  }

  @Test func aDecodedByteIsNoSeparator() {
    let raw = RawMailboxName(bytes: Array("a.&U,BTFw-.b".utf8))
    #expect(raw.components(separator: 0x2e, usesUTF8: false) == ["a", "\u{53f0}\u{5317}", "b"])
    #expect(raw.components(separator: nil, usesUTF8: false) == ["a.\u{53f0}\u{5317}.b"])
    let empty = RawMailboxName(bytes: Array("a..b.".utf8))
    #expect(empty.components(separator: 0x2e, usesUTF8: false) == ["a", "", "b", ""])
  }

  @Test func encodingBelowAPrefix() throws {
    let prefix = RawMailboxName(bytes: Array("INBOX.".utf8))
    let name = try #require(MailboxName(["B\u{fc}ro", "A & B"]))
    let raw = RawMailboxName(name, prefix: prefix, separator: 0x2e, usesUTF8: false)
    #expect(raw?.description == "INBOX.B&APw-ro.A &- B")
    let utf8 = RawMailboxName(name, prefix: prefix, separator: 0x2f, usesUTF8: true)
    #expect(utf8?.description == "INBOX.B\u{fc}ro/A & B")
    #expect(RawMailboxName(name, prefix: prefix, separator: nil, usesUTF8: false) == nil)
    #expect(RawMailboxName(.inbox, prefix: prefix, separator: nil, usesUTF8: false) == .inbox)
  }

  @Test func inboxHasNoCase() {
    #expect(RawMailboxName(bytes: Array("iNbOx".utf8)).isInbox)
    #expect(!RawMailboxName(bytes: Array("inbox2".utf8)).isInbox)
  }
}
