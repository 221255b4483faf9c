import Journals
import Mail
import Platform
import Testing

@testable import Pipeline

/// Which message of a server is which of the archive, and what of it differs.
@Suite struct CompareCounterpartTests {
  /// A message as either side sees it.
  struct Message: Sendable {
    var content: String
    var key: UInt64 = 1
    var size: Int64 = 100
    var flags: SystemFlags = []
    var date: Int64? = 0
    /// What a server's alterations are looked through to; itself if empty.
    var form = ""
    var keyDecides = true

    static func at(_ content: String, key: UInt64) -> Message {
      Message(content: content, key: key)
    }
  }

  private static func digest(_ text: String) -> ContentDigest {
    SHA256.digest(of: Array(text.utf8).span)
  }

  private static func expected(_ message: Message) -> ReceiptMessage {
    ReceiptMessage(
      mailbox: .inbox, file: "", digest: digest(message.content),
      headerKey: HeaderKey(hash: message.key, hasMessageID: true), size: message.size,
      keyDecides: message.keyDecides,
      date: message.date.map { InternalDate(epochSeconds: $0) }, flags: Flags(message.flags))
  }

  private struct Outcome: Equatable {
    /// The verdict of each message, with the UID.
    var verdicts: [String]
    var extra: [Int] = []
    var copies: [Int] = []
    var read: [Int] = []
  }

  /// UIDs begin with 1, in the order of `there`.
  private func find(
    _ here: [ReceiptMessage], _ there: [Message], recorded: [Int: UInt32] = [:],
    full: Bool = false, withDeleted: Bool = false, forms: [String] = []
  ) throws -> Outcome {
    var read: [Int] = []
    let candidates = try there.enumerated().map { place, message in
      ListCandidates.Candidate(
        message: CandidateMessage(
          uid: try #require(UID(UInt32(place + 1))),
          headerKey: HeaderKey(hash: message.key, hasMessageID: true), size: message.size),
        flags: Flags(message.flags),
        date: message.date.map { InternalDate(epochSeconds: $0) })
    }
    let result = try FindCounterparts(
      messages: here, candidates: candidates,
      recorded: try recorded.mapValues { try #require(UID($0)) }, full: full,
      withDeleted: withDeleted
    ).run(
      read: { uids in
        read += uids.map { Int($0.value) }
        return Dictionary(
          uniqueKeysWithValues: uids.map { uid in
            let message = there[Int(uid.value) - 1]
            let form = message.form.isEmpty ? message.content : message.form
            return (
              uid,
              ContentDigests(exact: Self.digest(message.content), tolerated: Self.digest(form))
            )
          })
      }, tolerated: { [Self.digest(forms.isEmpty ? "none" : forms[$0])] })
    return Outcome(
      verdicts: result.messages.map { $0.verdict + ($0.uid.map { " \($0)" } ?? "") },
      extra: result.extra.map { $0 + 1 }, copies: result.copies.map { $0 + 1 }.sorted(),
      read: read.sorted())
  }

  private func find(
    _ here: [Message], _ there: [Message], recorded: [Int: UInt32] = [:], full: Bool = false,
    withDeleted: Bool = false
  ) throws -> Outcome {
    try find(
      here.map(Self.expected), there, recorded: recorded, full: full, withDeleted: withDeleted,
      forms: here.map { $0.form.isEmpty ? $0.content : $0.form })
  }

  @Test func `a unique key decides, all else is downloaded`() throws {
    let here: [Message] = [
      .at("a", key: 1), .at("b", key: 2), .at("c", key: 2),
      Message(content: "d", key: 4, keyDecides: false),
    ]
    let outcome = try find(
      here, [.at("d", key: 4), .at("c", key: 2), .at("b", key: 2), .at("other than a", key: 1)])
    #expect(
      outcome
        == Outcome(
          verdicts: ["header 4", "content 3", "content 2", "content 1"], read: [1, 2, 3]))
  }

  @Test func `with everything downloaded no key decides`() throws {
    let outcome = try find(
      [.at("a", key: 1), .at("b", key: 2)],
      [.at("other than a", key: 1), .at("b", key: 2), .at("strange", key: 3)], full: true)
    #expect(
      outcome == Outcome(verdicts: ["missing", "content 2"], extra: [1, 3], read: [1, 2, 3]))
  }

  /// Of equal messages none is there twice, and none stands for two.
  @Test(arguments: 0...3, 0...3)
  func `equal messages are counted`(_ here: Int, _ there: Int) throws {
    let twin = Message(content: "twin")
    let outcome = try find(
      Array(repeating: twin, count: here), Array(repeating: twin, count: there), full: true)
    #expect(outcome.verdicts.count { $0.hasPrefix("content") } == min(here, there))
    #expect(outcome.verdicts.count { $0 == "missing" } == max(0, here - there))
    #expect(outcome.extra.count == max(0, there - here))
    #expect(outcome.copies == (here == 0 ? [] : outcome.extra))
  }

  @Test func `of equal messages each finds its like`() throws {
    let flags: [SystemFlags] = [.seen, .flagged, .draft, .answered]
    let here = flags.enumerated().map { Message(content: "twin", flags: $1, date: Int64($0)) }
    #expect(
      try find(here, here.reversed()).verdicts
        == ["content 4", "content 3", "content 2", "content 1"])
    // One is missing; the others are not taken for it.
    #expect(
      try find(here, [here[3], here[0], here[2]]).verdicts
        == ["content 2", "missing", "content 3", "content 1"])
    // The date speaks before the flags.
    var moved = here[1]
    moved.flags = .answered
    #expect(
      try find(here, [moved, here[3]]).verdicts
        == ["missing", "content+flags 1", "missing", "content 2"])
    // What is recorded speaks before both.
    #expect(
      try find([here[0], here[1]], [here[0], here[1]], recorded: [0: 2, 1: 1]).verdicts
        == ["content+date+flags 2", "content+date+flags 1"])
  }

  @Test func `a UID that is recorded is no proof`() throws {
    let outcome = try find(
      [.at("a", key: 1)], [.at("other", key: 7)], recorded: [0: 1])
    #expect(outcome == Outcome(verdicts: ["missing"], extra: [1], read: [1]))
    #expect(try find([.at("a", key: 1)], [], recorded: [0: 1]).verdicts == ["missing"])
  }

  @Test func `what a server altered`() throws {
    let here = Message(content: "a", key: 1, form: "form")
    let sameKey = Message(content: "A", key: 1, size: 99, form: "form")
    #expect(try find([here], [sameKey]).verdicts == ["altered 1"])
    let sameSize = Message(content: "A", key: 9, form: "form")
    #expect(try find([here], [sameSize]).verdicts == ["altered 1"])
    // Nothing speaks for it but the record, or the wish to see everything.
    let neither = Message(content: "A", key: 9, size: 99, form: "form")
    #expect(try find([here], [neither]) == Outcome(verdicts: ["missing"], extra: [1]))
    #expect(try find([here], [neither], recorded: [0: 1]).verdicts == ["altered 1"])
    #expect(try find([here], [neither], full: true).verdicts == ["altered 1"])
    // Two that differ look like one of the server: neither is it.
    let like = Message(content: "b", key: 1, form: "form")
    #expect(try find([here, like], [sameKey]).verdicts == ["missing", "missing"])
    // Of several the record knows which is which.
    #expect(try find([here, like], [sameKey, sameSize]).verdicts == ["missing", "missing"])
    #expect(
      try find([here, like], [sameKey, sameSize], recorded: [0: 2, 1: 1]).verdicts
        == ["altered 2", "altered 1"])
  }

  @Test func `what was altered when the receipt was written has to be so still`() throws {
    var message = Self.expected(Message(content: "a", key: 1))
    message.presence = .altered
    message.uid = UID(1)
    message.kept = ReceiptMessage.Kept(
      digest: Self.digest("A"), headerKey: HeaderKey(hash: 9, hasMessageID: true), size: 99)
    let altered = Message(content: "A", key: 9, size: 99)
    #expect(try find([message], [altered]).verdicts == ["altered 1"])
    #expect(try find([message], [altered], full: true).verdicts == ["altered 1"])
    let other = Message(content: "B", key: 9, size: 99)
    #expect(try find([message], [other], full: true).verdicts == ["missing"])
  }

  @Test func `dates to the second, flags without the mark of deletion`() throws {
    let here = Message(content: "a", flags: [.seen], date: 10)
    func verdict(_ change: (inout Message) -> Void, withDeleted: Bool = false) throws -> String {
      var there = here
      change(&there)
      return try find([here], [there], withDeleted: withDeleted).verdicts[0]
    }
    #expect(try verdict { _ in } == "header 1")
    #expect(try verdict { $0.date = 11 } == "header+date 1")
    #expect(try verdict { $0.date = nil } == "header+date 1")
    #expect(try verdict { $0.flags = [] } == "header+flags 1")
    #expect(try verdict { $0.flags.insert(.deleted) } == "header 1")
    #expect(try verdict({ $0.flags.insert(.deleted) }, withDeleted: true) == "header+flags 1")
    var dateless = here
    dateless.date = nil
    #expect(try find([dateless], [here]).verdicts == ["header 1"])
  }
}
