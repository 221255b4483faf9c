import Mail
@testable import Protocols
import TestSupport
import Testing

/// What the transcripts are understood as.
@Suite struct ResponseTests {
  private func events(_ transcript: SessionTranscript) -> [TranscriptReplay.Recorded] {
    transcript.replay.whole().events
  }

  private func fetches(_ transcript: SessionTranscript) -> [FetchResponse] {
    events(transcript).compactMap {
      if case .event(.fetch(let response)) = $0 { response } else { nil }
    }
  }

  @Test func bodyIsStreamedBetweenItsEvents() {
    let events = events(SessionTranscripts.dovecotPull)
    let begin = events.firstIndex(of: .event(.bodyBegins(size: 13, partialUID: uid(4))))
    var expected = FetchResponse(sequenceNumber: 1)
    expected.uid = uid(4)
    expected.flags = Flags([.seen], keywords: [Keyword("$Forwarded")])
    expected.internalDate = InternalDate(epochSeconds: 837_596_665)
    expected.body = .streamed(size: 13)
    let following = begin.map { Array(events[$0...].prefix(4)) }
    #expect(
      following == [
        .event(.bodyBegins(size: 13, partialUID: uid(4))),
        .body(Array("A: b\r\n\r\nbody\r".utf8)), .event(.bodyEnds), .event(.fetch(expected)),
      ])
  }

  @Test func emptyBodyHasNoChunk() {
    let events = events(SessionTranscripts.dovecotPull)
    let begin = events.firstIndex(of: .event(.bodyBegins(size: 0, partialUID: uid(5))))
    #expect(begin.map { events[$0 + 1] } == .event(.bodyEnds))
  }

  @Test func listEntries() {
    let entries = events(SessionTranscripts.dovecotPull).compactMap {
      if case .event(.list(let entry)) = $0 { entry } else { nil }
    }
    #expect(entries.map(\.components) == [["INBOX"], ["Gesendet & Verschickt"], ["odd\"name"]])
    #expect(entries.map(\.separator) == [0x2e, 0x2e, 0x2e])
    #expect(entries[1].specialUses == [.sent])
    #expect(entries[1].rawName.bytes == Array("Gesendet &- Verschickt".utf8))
    #expect(entries[2].attributes == [.noSelect, .hasChildren])
  }

  @Test func extendedList() {
    let entries = events(SessionTranscripts.qResync).compactMap {
      if case .event(.list(let entry)) = $0 { entry } else { nil }
    }
    #expect(entries.map(\.childInfo) == [["SUBSCRIBED", "X"], []])
    #expect(entries.map(\.oldName?.description) == [nil, "OldMailbox"])
    #expect(entries[0].attributes == .nonExistent)
  }

  @Test func inboxWithoutSeparator() {
    let entries = events(SessionTranscripts.mailutils).compactMap {
      if case .event(.list(let entry)) = $0 { entry } else { nil }
    }
    #expect(entries.map(\.separator) == [nil, 0x2f])
  }

  @Test func statusWithUnknownItems() {
    var expected = StatusItems()
    expected.messages = 3
    expected.size = 8_589_934_592
    expected.uidNext = uid(44292)
    let name = RawMailboxName(bytes: Array("a b".utf8))
    #expect(events(SessionTranscripts.qResync).contains(.event(.status(name, expected))))
  }

  @Test func searches() {
    let events = events(SessionTranscripts.qResync)
    var extended = ExtendedSearchResult()
    extended.tag = "A3"
    extended.isUID = true
    extended.min = 1
    extended.max = 21
    extended.count = 18
    extended.all = UIDSet(parsing: "1:17,21".utf8)
    extended.modSeq = ModificationSequence(917_162_488)
    #expect(events.contains(.event(.eSearch(extended))))
    #expect(
      events.contains(
        .event(.search([2, 84, 882], modSeq: ModificationSequence(917_162_500)))))
    #expect(events.contains(.event(.search([], modSeq: nil))))
  }

  @Test func vanished() throws {
    let events = events(SessionTranscripts.qResync)
    let earlier = try #require(UIDSet(parsing: "41,43:116,118,120:211,214:540".utf8))
    #expect(events.contains(.event(.vanished(earlier: true, earlier))))
    #expect(events.contains(.event(.vanished(earlier: false, [uid(4_294_967_295)]))))
    #expect(events.contains(.event(.expunge(5))))
  }

  @Test func namespaces() {
    let expected = Namespaces(
      personal: [NamespaceEntry(prefix: raw("INBOX."), separator: 0x2e)], otherUsers: [],
      shared: [
        NamespaceEntry(prefix: raw("#shared."), separator: 0x2e),
        NamespaceEntry(prefix: raw("shared."), separator: 0x2e),
      ])
    #expect(events(SessionTranscripts.courier).contains(.event(.namespace(expected))))
  }

  @Test func identification() {
    let expected = ["name": "Cyrus", "vendor": "x\n"]
    #expect(events(SessionTranscripts.qResync).contains(.event(.id(expected))))
  }

  @Test func headerFieldsOfCourier() {
    let fetch = fetches(SessionTranscripts.courier).first
    #expect(fetch?.headerFields == Array("Message-ID: <a@b>\r\n\r\nx".utf8))
    #expect(fetch?.size == 5_000_000_000)
    #expect(fetch?.body == FetchBody.none)
  }

  @Test func unsolicitedFetchHasNoUID() {
    let fetches = fetches(SessionTranscripts.mailutils)
    #expect(fetches.map(\.uid) == [uid(5), nil])
    #expect(fetches.last?.flags == Flags([.seen]))
  }

  @Test func literal8AndObjectIdentifiers() {
    let fetch = fetches(SessionTranscripts.cyrus).first
    #expect(fetch?.modSeq == ModificationSequence(.max))
    #expect(fetch?.emailID == "M1a-b_c")
    #expect(fetch?.body == .streamed(size: 7))
    #expect(fetch?.internalDate == InternalDate(epochSeconds: 1_704_161_045))
    let body = events(SessionTranscripts.cyrus).contains(.body(Array("a\0b{5}\n".utf8)))
    #expect(body)
  }

  @Test func bodyBeforeTheUID() {
    let events = events(SessionTranscripts.pymap)
    #expect(events.contains(.event(.bodyBegins(size: 6, partialUID: nil))))
    let fetch = fetches(SessionTranscripts.pymap).first
    #expect(fetch?.uid == uid(101))
    #expect(fetch?.internalDate == nil)
    #expect(fetch?.hasInvalidInternalDate == true)
  }

  @Test func oddBodies() {
    let fetches = fetches(SessionTranscripts.oddBodies)
    #expect(fetches.map(\.sequenceNumber) == [1, 2, 3, 4, 5, 6, 7])
    #expect(
      fetches.map(\.body) == [
        .inline(Array("quoted \"\\ body".utf8)), .nilValue, .none, .streamed(size: 2), .none,
        .streamed(size: 14), .inline([]),
      ])
    #expect(fetches.map(\.uid?.value) == [1, 2, 3, 4, 5, 6, nil])
  }

  @Test func aSecondBodyOrABrokenEndIsMalformed() {
    let malformed = events(SessionTranscripts.oddBodies).compactMap {
      if case .event(.malformed(let evidence)) = $0 { evidence.description } else { nil }
    }
    #expect(malformed.map { $0.prefix(9) } == ["* 8 FETCH", "* 9 FETCH"])
  }

  @Test func badLinesCostOnlyThemselves() {
    let events = events(SessionTranscripts.oddLines)
    let malformed = events.filter { if case .event(.malformed) = $0 { true } else { false } }
    let unknown = events.filter { if case .event(.unknown) = $0 { true } else { false } }
    #expect(malformed.count == 7)
    #expect(unknown.count == 4)
    #expect(events.contains(.event(.exists(3))))
    #expect(events.contains(.event(.exists(4))))
    let text = ResponseText(code: .limit, text: "too many")
    #expect(events.last == .event(.completed(CommandTag(number: 1), .no, text)))
  }

  @Test func literalThatLooksLikeALiteralHeader() {
    let entries = events(SessionTranscripts.oddLines).compactMap {
      if case .event(.list(let entry)) = $0 { entry.rawName.description } else { nil }
    }
    #expect(entries == ["foo{100}"])
  }

  @Test func byeInTheMiddle() {
    let result = SessionTranscripts.byeInTheMiddle.replay.whole()
    #expect(result.session.state == .logout)
    #expect(result.events.last == .body(Array("abc".utf8)))
    #expect(result.session.outstanding.count == 1)
  }

  private func raw(_ text: String) -> RawMailboxName { RawMailboxName(bytes: Array(text.utf8)) }
}
