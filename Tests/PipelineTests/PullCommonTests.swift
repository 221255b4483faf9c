import Mail
import Platform
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// The small parts that pull and push share.
@Suite struct PullCommonTests {
  @Test(arguments: [
    "Message-ID: <a>\r\nSubject: x\r\n\r\nbody Message-ID: <b>\r\n\r\n", "\r\nno header\r\n",
    "Message-ID: <a>\r\n", "", "Message-ID: <a>\nSubject: x\n\nbody\n",
  ])
  func `a header is found however the message is cut`(_ text: String) {
    let bytes = Array(text.utf8)
    var whole = HeaderCollector()
    bytes.withUnsafeBytes { whole.take($0) }
    let expected = HeaderKey(whole)
    let header = whole.bytes
    for cut in 0...bytes.count {
      var collector = HeaderCollector()
      Array(bytes[..<cut]).withUnsafeBytes { collector.take($0) }
      Array(bytes[cut...]).withUnsafeBytes { collector.take($0) }
      #expect(HeaderKey(collector) == expected, "cut at \(cut)")
      #expect(collector.bytes == header, "cut at \(cut)")
      collector.reset()
      bytes.withUnsafeBytes { collector.take($0) }
      #expect(collector.bytes == header, "begun anew")
    }
  }

  @Test func `line ends do not make another key, and a body does not count`() {
    func key(_ text: String) -> HeaderKey {
      var collector = HeaderCollector()
      Array(text.utf8).withUnsafeBytes { collector.take($0) }
      return HeaderKey(collector)
    }
    #expect(key("Message-ID: <a>\nX: y\n\nb") == key("X: z\r\nMessage-ID: <a>\r\n\r\nc"))
    #expect(key("Message-ID: <a>\n\n") != key("Message-ID: <b>\n\n"))
    #expect(!key("Subject: a\n\nMessage-ID: <a>\n").hasMessageID)
    // A header without end decides nothing.
    #expect(!key("Message-ID: <a>\n" + String(repeating: "X: y\n", count: 60_000)).hasMessageID)
  }

  @Test(arguments: [
    ("ours\n\nbare\rCR\n", true, "ours\r\n\r\nbare\rCR\r\n"),
    ("every\r\n\r\nline\r\n", false, "every\r\n\r\nline\r\n"),
    ("mixed\r\n\nline\r\n", false, "mixed\r\r\n\r\nline\r\r\n"),
    ("foreign\n\nline", false, "foreign\r\n\r\nline"), ("", false, ""),
    ("a doubled CR was one\r\n", true, "a doubled CR was one\r\r\n"),
  ])
  func `a file goes over the wire as it came, or as its writer meant it`(
    _ text: String, _ isOurs: Bool, _ wire: String
  ) throws {
    let temporary = try TemporaryDirectory(inMemory: true)
    let archive = try Archive.create(
      path: temporary.file("archive"), account: "ada", layout: .maildir)
    let mailbox = try archive.makeMailbox(.inbox)
    let size = text.utf8.count
    let name =
      isOurs
      ? "1700000000.R0123456789abcdef.mailarc,S=\(size),W=\(wire.utf8.count):2,S" : "1.foreign:2,S"
    try writeFile(temporary.file("archive/INBOX/cur/" + name), text)
    let message = try #require(try mailbox.scan().first)
    #expect(message.isOurs == isOurs)
    let read = try WireMessage(message, in: mailbox, scratch: WireScratch())
    var bytes: [UInt8] = []
    try read.forEachChunk { bytes += Array($0) }
    #expect(String(decoding: bytes, as: UTF8.self) == wire)
    #expect(read.size == Int64(wire.utf8.count))
    let content = try DigestMessages().run(message, in: mailbox)
    #expect(content.digest == SHA256.digest(of: bytes.span))
    #expect(content.size == read.size)
  }

  @Test func `an edited file of ours is measured anew`() throws {
    let temporary = try TemporaryDirectory(inMemory: true)
    let archive = try Archive.create(
      path: temporary.file("archive"), account: "ada", layout: .maildir)
    let mailbox = try archive.makeMailbox(.inbox)
    try writeFile(
      temporary.file("archive/INBOX/cur/1.R0123456789abcdef.mailarc,S=3,W=4:2,"), "longer\n\n")
    let message = try #require(try mailbox.scan().first)
    #expect(try WireMessage(message, in: mailbox, scratch: WireScratch()).size == 10)
  }

  @Test func `a file is found by UID and UIDVALIDITY, not by UID alone`() throws {
    let temporary = try TemporaryDirectory(inMemory: true)
    let archive = try Archive.create(
      path: temporary.file("archive"), account: "ada", layout: .maildir)
    _ = try archive.makeMailbox(.inbox)
    let key = MailboxKey(account: "ada", mailbox: .inbox)
    for validity in [1, 2] {
      let name = "1.V\(validity)U5H\(key).mailarc,S=0,W=0:2,"
      try writeFile(temporary.file("archive/INBOX/cur/" + name), "")
    }
    let index = ArchiveIndex(archive)
    for validity in [1, 2, 3] as [UInt32] {
      let origin = MessageOrigin(
        uidValidity: UIDValidity(validity), uid: try #require(UID(5)), mailboxKey: key)
      let found = try index.file(of: origin, preferred: .inbox)?.message.origin
      #expect(found == (validity < 3 ? origin : nil))
    }
  }
}

/// `MatchMessages` on arrays.
@Suite struct PullMatchMessagesTests {
  private func wanted(_ body: String, _ key: UInt64, asPulled: Bool = true) -> WantedMessage {
    WantedMessage(
      digest: Self.digest(body), headerKey: HeaderKey(hash: key, hasMessageID: key != 0),
      size: Int64(body.utf8.count), isAsPulled: asPulled)
  }

  private static func digest(_ text: String) -> ContentDigest {
    SHA256.digest(of: Array(text.utf8).span)
  }

  /// Matches bodies with bodies; says `wanted>candidate` by evidence, and which were read.
  private func match(
    _ wanted: [WantedMessage], _ bodies: [(body: String, key: UInt64)]
  ) throws -> (matches: [String], read: [Int]) {
    let candidates = try bodies.enumerated().map { index, body in
      CandidateMessage(
        uid: try #require(UID(UInt32(index + 1))),
        headerKey: HeaderKey(hash: body.key, hasMessageID: body.key != 0),
        size: Int64(body.body.utf8.count))
    }
    var read: [Int] = []
    let matches = try MatchMessages(
      archiveCounts: wanted.reduce(into: [:]) { $0[.init($1.headerKey, $1.size), default: 0] += 1 },
      targetCounts: candidates.reduce(into: [:]) {
        $0[.init($1.headerKey, $1.size), default: 0] += 1
      }, tolerance: .none
    ).run(
      wanted: wanted, candidates: candidates,
      read: { uids in
        read += uids.map { Int($0.value) - 1 }
        return uids.reduce(into: [:]) { found, uid in
          let digest = Self.digest(bodies[Int(uid.value) - 1].body)
          found[uid] = ContentDigests(exact: digest, tolerated: digest)
        }
      }, tolerated: { _ in [] })
    return (matches.map { "\($0.wanted)>\($0.candidate) \($0.evidence)" }.sorted(), read)
  }

  @Test func `a key that is unique on both sides decides without reading`() throws {
    let result = try match([wanted("a", 1), wanted("b", 2)], [("b", 2), ("a", 1), ("c", 3)])
    #expect(result.matches == ["0>1 headerKey", "1>0 headerKey"])
    #expect(result.read == [])
  }

  @Test func `twins and different messages with one key are told apart by content`() throws {
    let result = try match(
      [wanted("a", 1), wanted("b", 1), wanted("a", 1)], [("b", 1), ("a", 1), ("x", 1)])
    #expect(result.matches == ["0>1 content", "1>0 content"])
    #expect(result.read == [0, 1, 2])
  }

  @Test func `no Message-ID, or edited since: content decides`() throws {
    let result = try match(
      [wanted("a", 0), wanted("e", 5, asPulled: false)], [("a", 0), ("o", 5), ("far away", 9)])
    #expect(result.matches == ["0>0 content"])
    #expect(result.read == [0, 1])
  }

  @Test func `two copies here and one there leave one`() throws {
    let result = try match([wanted("a", 1), wanted("a", 1)], [("a", 1)])
    #expect(result.matches == ["0>0 content"])
  }
}
