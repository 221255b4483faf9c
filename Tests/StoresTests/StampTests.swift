import Glibc
import Mail
import TestSupport
import Testing

@testable import Platform
@testable import Stores

struct StampTests {
  let temporary: TemporaryDirectory
  let mailbox: MaildirMailbox
  let archive: Archive

  init() throws {
    temporary = try TemporaryDirectory()
    archive = try Archive.create(path: temporary.path + "/archive", account: "a", layout: .maildir)
    mailbox = try archive.makeMaildir(.inbox)
  }

  static let second: Int64 = 1_000_000_000

  @Test func `what changed a moment ago has no stamp`() throws {
    #expect(try mailbox.stamp() == nil)
    let now = try mailbox.fileSystemTime()
    #expect(try mailbox.stamp(at: now + 1_900_000_000) == nil)
    #expect(try mailbox.stamp(at: now + 2 * Self.second) == mailbox.currentStamp())
    #expect(try mailbox.stamp(at: .min) == nil)
  }

  @Test func `the file system's clock goes forward`() throws {
    let before = try mailbox.cur.status().changedNanoseconds
    let first = try mailbox.fileSystemTime()
    #expect(first >= before)
    #expect(try mailbox.fileSystemTime() >= first)
    #expect(first < before + 3600 * Self.second)
  }

  @Test func `a stamp is one word and comes back`() throws {
    let stamp = try mailbox.currentStamp()
    #expect(MailboxStamp(stamp.description) == stamp)
    #expect(!stamp.description.contains { $0 == " " || $0 == "\n" })
    for text in ["", "a b", "x", String(repeating: "1", count: 600)] {
      #expect(MailboxStamp(text) == nil)
    }
  }

  enum Change: CaseIterable {
    case delivered, flagged, removed, putIntoNew, gaveALetter, wroteKeywordsByFile
  }

  @Test(arguments: Change.allCases)
  func `every change shows`(_ change: Change) throws {
    let stored = try mailbox.deliver("x", uid: 1)
    // Times of files have steps; what follows must not fall into the same one.
    for directory in ["cur", "new"] {
      try mailbox.directory.setModificationTime(of: directory, 1000)
    }
    let before = try mailbox.currentStamp()
    switch change {
    case .delivered: try mailbox.deliver("y", uid: 2)
    case .flagged: _ = try mailbox.setFlags(Flags([.seen]), of: stored)
    case .removed: try mailbox.remove([stored])
    case .putIntoNew: try required(mailbox.newDirectory()).put("1.a.b", "x")
    case .gaveALetter: try mailbox.provideLetters(for: [Keyword("a")])
    case .wroteKeywordsByFile:
      try mailbox.setExtras(Flags(keywords: [Keyword("a b")]), base: Array("x".utf8))
    }
    #expect(try mailbox.currentStamp() != before)
  }

  enum Difference: CaseIterable {
    case none, device, inode, modified, modifiedFraction, changed, changedFraction, size, rights
  }

  private func status(_ difference: Difference) -> FileStatus {
    var status = stat()
    status.st_mode = S_IFDIR | 0o700
    status.st_dev = 5
    status.st_ino = 6
    status.st_size = 4096
    status.st_mtim = timespec(tv_sec: 1000, tv_nsec: 7)
    status.st_ctim = timespec(tv_sec: 1000, tv_nsec: 8)
    switch difference {
    case .none: break
    case .device: status.st_dev += 1
    case .inode: status.st_ino += 1
    case .modified: status.st_mtim.tv_sec += 1
    case .modifiedFraction: status.st_mtim.tv_nsec += 1
    case .changed: status.st_ctim.tv_sec += 1
    case .changedFraction: status.st_ctim.tv_nsec += 1
    case .size: status.st_size += 1
    case .rights: status.st_mode = S_IFDIR | 0o500
    }
    return FileStatus(status)
  }

  @Test(arguments: Difference.allCases, [0, 1])
  func `another directory or file shows, whatever its times`(
    _ difference: Difference, _ place: Int
  ) {
    let before: [FileStatus?] = [status(.none), status(.none), nil]
    var after = before
    after[place] = status(difference)
    let shows = ![.none, .size, .rights].contains(difference)
    #expect((MailboxStamp(after) != MailboxStamp(before)) == shows)
    #expect(
      (MailboxStamp(after, withSize: true) != MailboxStamp(before, withSize: true))
        == (shows || difference == .size))
  }

  @Test func `what is there no longer shows, and what stands elsewhere`() {
    let (one, other) = (status(.none), status(.inode))
    let parts: [[FileStatus?]] = [
      [one, other, nil], [other, one, nil], [one, nil, other], [one, nil, nil], [one],
    ]
    #expect(Set(parts.map { MailboxStamp($0) }).count == parts.count)
  }

  @Test func `reading leaves the stamp`() throws {
    let stored = try mailbox.deliver("x", uid: 1)
    let before = try mailbox.currentStamp()
    _ = try mailbox.scan()
    _ = try mailbox.text(of: stored)
    _ = try archive.maildir(.inbox)?.scan()
    #expect(try mailbox.currentStamp() == before)
  }
}
