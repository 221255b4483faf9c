import Journals
import Mail
import Platform
import Stores
import Testing

@testable import Pipeline

/// Why a message is missing, as far as records tell.
@Suite struct CompareKnownTests {
  private static let validity = UIDValidity(7)

  private static func digest(_ text: String) -> ContentDigest {
    SHA256.digest(of: Array(text.utf8).span)
  }

  private static func message(
    _ text: String, file: String = "", flags: Flags = Flags()
  ) -> ReceiptMessage {
    ReceiptMessage(
      mailbox: .inbox, file: file, digest: digest(text),
      headerKey: HeaderKey(hash: 1, hasMessageID: true), size: 1, keyDecides: true, date: nil,
      flags: flags)
  }

  private static func entry(
    _ number: Int, _ text: String, uid value: UInt32?, _ origin: IndexEntry.Origin = .pushed,
    gone: Bool = false, source: String = "", flags: Flags = Flags()
  ) -> PushEvent {
    .entry(
      IndexEntry(
        number: number, uid: value.flatMap { UID($0) }, digest: digest(text),
        headerKey: HeaderKey(hash: 1, hasMessageID: true), size: 1, origin: origin, flags: flags,
        isGone: gone, source: source))
  }

  private func pushes(_ events: [PushEvent]) -> KnownPushes {
    var record = PushRecord()
    record.apply(.validity(Self.validity))
    for event in events { record.apply(event) }
    return KnownPushes(record)
  }

  private func reasons(
    _ known: KnownPushes, _ messages: [ReceiptMessage], found: Set<UInt32> = [],
    _ validity: UIDValidity = Self.validity
  ) -> [String] {
    let reasons = known.reasons(
      Array(messages.indices), of: messages, found: Set(found.compactMap { UID($0) }), validity)
    return messages.indices.map { reasons[$0] ?? "-" }
  }

  @Test func `each kind of entry has its words`() {
    let batch = IntentBatch(
      number: 1, uidValidity: Self.validity, uidNext: 9, time: 0,
      open: [
        0: AppendIntent(
          digest: Self.digest("open"), headerKey: HeaderKey(hash: 1, hasMessageID: true), size: 1,
          flags: Flags(), source: "")
      ])
    let known = pushes([
      Self.entry(1, "live", uid: 1), Self.entry(2, "gone", uid: 2, gone: true),
      Self.entry(3, "collapsed", uid: 1, .collapsed), Self.entry(4, "found", uid: 3, .found),
      .refused(Self.digest("refused"), reason: "NO bad header"), .batch(batch),
    ])
    let messages = ["live", "gone", "collapsed", "found", "refused", "open", "new"]
      .map { Self.message($0) }
    let expected = [
      "it was pushed, and is gone since", "it was pushed, and is gone since",
      "the server made one message of it and an equal one",
      "it was there at an earlier push, and is gone since",
      "the server refused it: NO bad header", "a push broke off while it was sent",
      "it was not pushed",
    ]
    #expect(reasons(known, messages) == expected)
    // In a mailbox that was made anew all of that is still true.
    #expect(reasons(known, messages, UIDValidity(8)) == expected)
  }

  @Test func `an entry whose message is there explains no other`() {
    let known = pushes([Self.entry(1, "twin", uid: 1)])
    let twins = [Self.message("twin")]
    #expect(reasons(known, twins, found: [1]) == ["it was not pushed"])
    #expect(reasons(known, twins, found: [2]) == ["it was pushed, and is gone since"])
    #expect(
      reasons(known, [Self.message("twin"), Self.message("twin")])
        == ["it was pushed, and is gone since", "it was not pushed"])
  }

  @Test func `UIDs count under their validity alone`() {
    let known = pushes([
      Self.entry(1, "a", uid: 5, source: "f1"), Self.entry(2, "a", uid: 6, source: "f2"),
      Self.entry(3, "b", uid: 7, gone: true, source: "f3"),
    ])
    let messages = [
      Self.message("a", file: "f2"), Self.message("a", file: "f1"), Self.message("b", file: "f3"),
      Self.message("a"),
    ]
    #expect(known.recorded(messages, Self.validity) == [0: UID(6), 1: UID(5)])
    #expect(known.recorded(messages, UIDValidity(8)) == [:])
    #expect(known.recorded(messages, nil) == [:])
  }

  @Test func `flags that were not taken are those that the index lacks`() {
    let wanted = Flags([.seen], keywords: [Keyword("Work")])
    let known = pushes([Self.entry(1, "a", uid: 5, source: "f", flags: Flags([.seen]))])
    #expect(
      known.untaken(of: Self.message("a", file: "f", flags: wanted))
        == Flags([], keywords: [Keyword("Work")]))
    #expect(known.untaken(of: Self.message("a", file: "g", flags: wanted)) == Flags())
  }

  @Test func `where a message of a source is looked for`() throws {
    let names = try ["Old", "Work", "Both"].map { try #require(MailboxName([$0])) }
    func record(_ name: MailboxName, as archiveName: MailboxName) -> MailboxRecord {
      MailboxRecord(
        name: name, archiveName: archiveName, specialUses: [], isSubscribed: true,
        isSelectable: true)
    }
    let map = MapToSource(
      account: "ada", records: [record(names[0], as: names[1]), record(names[1], as: names[1])],
      present: [names[2]])
    // Of two that share a mailbox the one of its name.
    #expect(map.home(of: names[1]) == names[1])
    #expect(map.home(of: names[2]) == names[2])
    let other = MapToSource(
      account: "ada", records: [record(names[0], as: names[1])], present: [])
    #expect(other.home(of: names[1]) == names[0])
  }
}
