import Mail
import Platform
import Testing

@testable import Pipeline

/// Which message of a target is which of the archive: evidence, doubt, and traps.
@Suite struct PushMatchTests {
  /// A message as both sides see it: key, size, content.
  struct Message: Sendable {
    let key: UInt64
    var hasID = true
    var size: Int64 = 100
    let content: String
    /// What the content looks like through a server's alterations; itself if empty.
    var form = ""
    var isAsPulled = true
  }

  private static func digest(_ text: String) -> ContentDigest {
    SHA256.digest(of: Array(text.utf8).span)
  }

  private struct Outcome {
    /// `wanted:candidate` and h, c or t for the evidence.
    var matches: [String] = []
    var read: [Int] = []
  }

  // `others` are messages of the archive for which no counterpart is looked for.
  private func match(
    _ wanted: [Message], _ candidates: [Message], others: [Message] = [],
    known: [Message] = [], tolerance: MatchMessages.Tolerance = .none, vanished: Set<Int> = []
  ) throws -> Outcome {
    func count(_ messages: [Message]) -> [MatchMessages.KeyAndSize: Int] {
      var counts: [MatchMessages.KeyAndSize: Int] = [:]
      for message in messages { counts[.init(key(message), message.size), default: 0] += 1 }
      return counts
    }
    var outcome = Outcome()
    let matches = try MatchMessages(
      archiveCounts: count(wanted + others), targetCounts: count(candidates + known),
      tolerance: tolerance
    ).run(
      wanted: wanted.map {
        WantedMessage(
          digest: Self.digest($0.content), headerKey: key($0), size: $0.size,
          isAsPulled: $0.isAsPulled)
      },
      candidates: try candidates.enumerated().map {
        CandidateMessage(
          uid: try #require(UID(UInt32($0 + 1))), headerKey: key($1), size: $1.size)
      },
      read: { uids in
        outcome.read += uids.map { Int($0.value) - 1 }
        return Dictionary(
          uniqueKeysWithValues: uids.filter { !vanished.contains(Int($0.value) - 1) }.map { uid in
            let message = candidates[Int(uid.value) - 1]
            return (
              uid,
              ContentDigests(
                exact: Self.digest(message.content), tolerated: Self.digest(form(message)))
            )
          })
      },
      tolerated: { [Self.digest(form(wanted[$0]))] })
    outcome.matches = matches.sorted { $0.wanted < $1.wanted }.map {
      let evidence = $0.evidence == .headerKey ? "h" : $0.evidence == .content ? "c" : "t"
      return "\($0.wanted):\($0.candidate)\(evidence)"
    }
    outcome.read.sort()
    return outcome
  }

  private func key(_ message: Message) -> HeaderKey {
    HeaderKey(hash: message.key, hasMessageID: message.hasID)
  }

  private func form(_ message: Message) -> String {
    message.form.isEmpty ? message.content : message.form
  }

  @Test func `a unique key with a Message-ID decides without reading`() throws {
    let outcome = try match(
      [Message(key: 1, content: "a"), Message(key: 2, content: "b")],
      [Message(key: 2, content: "b"), Message(key: 1, content: "a")])
    #expect(outcome.matches == ["0:1h", "1:0h"])
    #expect(outcome.read == [])
  }

  @Test func `a key does not decide where anything speaks against it`() throws {
    let one = Message(key: 1, content: "a")
    // Twice in the archive, also if the other one is not looked for.
    var outcome = try match([one], [one], others: [one])
    #expect(outcome.matches == ["0:0c"])
    #expect(outcome.read == [0])
    // Twice on the target, also if the other one is bound already.
    outcome = try match([one], [one], known: [one])
    #expect(outcome.matches == ["0:0c"])
    // Without a Message-ID.
    let without = Message(key: 1, hasID: false, content: "a")
    #expect(try match([without], [without]).matches == ["0:0c"])
    // Edited since it was pulled.
    let edited = Message(key: 1, content: "edited", isAsPulled: false)
    #expect(try match([edited], [one]).matches == [])
    #expect(try match([edited], [Message(key: 1, content: "edited")]).matches == ["0:0c"])
    // Of another size.
    #expect(try match([one], [Message(key: 1, size: 101, content: "b")]).matches == [])
  }

  @Test func `equal key and size with other content are other messages`() throws {
    let outcome = try match(
      [Message(key: 1, content: "a"), Message(key: 1, content: "b")],
      [Message(key: 1, content: "c"), Message(key: 1, content: "b")])
    #expect(outcome.matches == ["1:1c"])
    #expect(outcome.read == [0, 1])
  }

  @Test(arguments: [(2, 1), (1, 2), (3, 3), (3, 2)])
  func `copies are matched by count, in order`(_ here: Int, _ there: Int) throws {
    let twin = Message(key: 1, content: "twin")
    let outcome = try match(
      Array(repeating: twin, count: here), Array(repeating: twin, count: there))
    #expect(outcome.matches == (0..<min(here, there)).map { "\($0):\($0)c" })
  }

  @Test func `only what could be meant is read`() throws {
    let outcome = try match(
      [Message(key: 1, hasID: false, size: 10, content: "a")],
      [
        Message(key: 2, size: 11, content: "b"), Message(key: 3, size: 10, content: "c"),
        Message(key: 1, hasID: false, size: 12, content: "d"),
      ])
    #expect(outcome.read == [1, 2])
    #expect(outcome.matches == [])
  }

  @Test func `a message that is gone when it is read is no counterpart`() throws {
    let one = Message(key: 1, hasID: false, content: "a")
    #expect(try match([one], [one, one], vanished: [0]).matches == ["0:1c"])
    #expect(try match([one], [one], vanished: [0]).matches == [])
  }

  @Test func `alterations are looked through only where that is asked for, and unique`() throws {
    let sent = Message(key: 1, content: "a\0b", form: "ab")
    let kept = Message(key: 2, size: 99, content: "a\u{80}b", form: "ab")
    #expect(try match([sent], [kept]).matches == [])
    #expect(try match([sent], [kept], tolerance: .all).matches == ["0:0t"])
    // Among those that are alike only where the size or the key is the same.
    #expect(try match([sent], [kept], tolerance: .alike).matches == [])
    let likely = Message(key: 1, size: 99, content: "a\u{80}b", form: "ab")
    #expect(try match([sent], [likely]).matches == [])
    #expect(try match([sent], [likely], tolerance: .alike).matches == ["0:0t"])
    // Two different messages that look alike, or two that it could be.
    let other = Message(key: 3, hasID: false, content: "a\rb", form: "ab")
    #expect(try match([sent, other], [kept], tolerance: .all).matches == [])
    #expect(try match([sent], [kept, other], tolerance: .all).matches.count <= 1)
    // Copies are one another's counterparts in any order.
    #expect(try match([sent, sent], [kept, kept], tolerance: .all).matches == ["0:0t", "1:1t"])
    #expect(try match([sent, sent], [kept], tolerance: .all).matches == ["0:0t"])
    // Exact content comes first.
    #expect(
      try match([sent, other], [kept, other], tolerance: .all).matches == ["0:0t", "1:1c"])
  }
}
