import Mail
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Stores

/// Several threads at work on one mailbox.
struct SharingTests {
  let temporary: TemporaryDirectory
  let archive: Archive

  init() throws {
    temporary = try TemporaryDirectory()
    archive = try Archive.create(path: temporary.path + "/archive", account: "a", layout: .maildir)
    _ = try archive.makeMaildir(.inbox)
  }

  @Test func `one delivers, one sets flags, one reads, and nobody loses anything`() async throws {
    let mailbox = try required(try archive.maildir(.inbox))
    for uid in 1...10 as ClosedRange<UInt32> { try mailbox.deliver("\(uid)", uid: uid) }
    let before = try mailbox.scan()
    let archive = archive
    async let delivered: Void = WorkerThread.run(name: "deliver") {
      let mailbox = try required(try archive.maildir(.inbox))
      for uid in 11...20 as ClosedRange<UInt32> {
        let keywords: Set = [Keyword("letter\(uid % 4)"), Keyword("no letter \(uid)")]
        try mailbox.deliver("\(uid)", uid: uid, flags: Flags(keywords: keywords))
      }
    }
    async let flagged: Void = WorkerThread.run(name: "flag") {
      let mailbox = try required(try archive.maildir(.inbox))
      for (index, message) in before.enumerated() {
        let keywords: Set = [Keyword("other\(index % 4)"), Keyword("odd one \(index)")]
        _ = try mailbox.setFlags(Flags([.seen], keywords: keywords), of: message)
      }
    }
    async let read: Void = WorkerThread.run(name: "read") {
      for _ in 0..<40 {
        let mailbox = try required(try archive.maildir(.inbox))
        let count = try mailbox.scan().count
        guard (10...20).contains(count) else { throw Missing() }
      }
    }
    _ = try await (delivered, flagged, read)
    let after = try required(
      try Archive.open(path: archive.root.path, for: .reading).mailbox(.inbox))
    let found = try after.scan()
    #expect(found.count == 20)
    #expect(found.allSatisfy { $0.flags.keywords.count == 2 })
    #expect(found.prefix(10).allSatisfy { $0.flags.system == [.seen] })
  }

  @Test func `mailboxes that several make at once under one parent are all under it`() throws {
    let archive = archive
    let turn = Atomic<Int>(0)
    let failures = Mutex<[String]>([])
    WorkerThread.together(4) {
      let own = turn.add(1, ordering: .relaxed).oldValue
      do {
        for parent in 0..<150 {
          let name = try required(MailboxName(["parent\(parent)", "child\(own)"]))
          _ = try archive.makeMaildir(own == 0 ? try required(name.parent) : name)
        }
      } catch { failures.withLock { $0.append("\(error)") } }
    }
    #expect(failures.withLock { $0 } == [])
    let entries = try archive.root.entries().compactMap(\.name).filter { $0 != ".mailarc" }
    #expect(Set(entries) == Set(["INBOX"] + (0..<150).map { "parent\($0)" }))
    #expect(try archive.mailboxes().mailboxes.count == 1 + 4 * 150)
  }

  @Test func `what one thread is writing is not cleared by another`() throws {
    let one = try required(try archive.maildir(.inbox))
    let prepared = try one.prepare("x", origin: Fixture.origin(1))
    try one.directory.put(Directory.unfinishedPrefix + "1", "being written")
    let other = try required(try archive.maildir(.inbox))
    #expect(try one.directory.contains(Directory.unfinishedPrefix + "1"))
    #expect(try other.commit([prepared]).count == 1)
  }
}
