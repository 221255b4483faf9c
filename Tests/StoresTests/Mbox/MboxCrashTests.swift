import Foundation
import Mail
import Platform
import TestSupport
import Testing

@testable import Stores

/// A run that is killed at any step of what it does to an mbox, and the next one.
struct MboxCrashTests {
  /// What the run is about.
  enum Work: String, CaseIterable, Codable {
    case deliver
    case deliverUnflushed
    case flag
    case remove
    case move
  }

  static let foreign = "Subject: foreign\n\nFrom here on\n>From there"

  /// An archive with mail of ours and of another program, whose last line has no end.
  static func begin(_ path: String, _ layout: ArchiveIdentity.Layout) throws {
    let archive = try Archive.create(path: path, account: "ada@example.org", layout: layout)
    let mailbox = try required(try archive.makeMailbox(.inbox) as? MboxStore)
    for uid in 1...3 as ClosedRange<UInt32> { try mailbox.deliver("old \(uid)\n", uid: uid) }
    try mailbox.append("From a@example.org Tue Nov 14 22:13:20 2023\n\(foreign)")
    _ = try archive.makeMailbox(required(MailboxName(["Work"])))
  }

  /// Does the work, as far as it isn't done.
  static func work(_ work: Work, _ archive: Archive) throws {
    let mailbox = try archive.makeMailbox(.inbox)
    switch work {
    case .deliver, .deliverUnflushed:
      let texts = ["", String(repeating: "a line\n", count: 40_000), "Subject: x\n\nFrom x"]
      for batch in [Array(texts.enumerated()), [(3, "another")]] {
        let prepared = try batch.map { index, text in
          try mailbox.prepare(
            text, origin: Fixture.origin(UInt32(10 + index)), flags: Flags([.seen]))
        }
        _ = try mailbox.commit(prepared, durably: work == .deliver)
      }
      try mailbox.flush()
    case .flag:
      let flags = Flags([.answered], keywords: [Keyword(String(repeating: "k", count: 99))])
      _ = try mailbox.setFlags(try mailbox.scan().map { FlagChange($0, flags) })
    case .remove:
      try mailbox.remove(try mailbox.scan().filter { $0.origin?.uid.value == 2 })
    case .move:
      let orders = try mailbox.scan().filter { $0.origin?.uid.value != 1 }
        .map { MoveOrder($0, origin: nil) }
      _ = try mailbox.move(orders, to: archive.makeMailbox(required(MailboxName(["Work"]))))
    }
  }

  /// Everything in the archive.
  static func contents(_ archive: Archive) throws -> [String] {
    try ["INBOX", "Work"].flatMap { name in
      let mailbox = try archive.makeMailbox(required(MailboxName([name])))
      return try mailbox.scan().map { message in
        let text = try mailbox.text(of: message)
        return "\(name) \(message.flags) \(text.count) \(text.prefix(60))"
      }
    }
  }

  @Test(arguments: [ArchiveIdentity.Layout.mbox, .mboxGzip], Work.allCases)
  func `the next run ends where an uninterrupted one does`(
    _ layout: ArchiveIdentity.Layout, _ work: Work
  ) async throws {
    let temporary = try TemporaryDirectory(inMemory: true)
    let expected = try { () throws -> [String] in
      try Self.begin(temporary.file("whole"), layout)
      let archive = try Archive.open(path: temporary.file("whole"), for: .writing)
      try Self.work(work, archive)
      return try Self.contents(archive)
    }()
    for step in 1...200 {
      let path = temporary.file("archive\(step)")
      try Self.begin(path, layout)
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [path = path as String, step = step as Int, work = work as Work] in
        setenv("MAILARC_KILL_AT_STEP", "\(step)", 1)
        let archive = try Archive.open(path: path, for: .writing)
        try MboxCrashTests.work(work, archive)
        _ = try archive.root.createFile("finished", exclusive: true)
        kill(getpid(), SIGKILL)
      }
      let archive = try Archive.open(path: path, for: .writing)
      let before = try Self.contents(archive).filter {
        $0.contains("old") || $0.contains("foreign")
      }
      #expect(before.count == (work == .remove ? before.count : 4), "step \(step): \(before)")
      try Self.work(work, archive)
      #expect(try Self.contents(archive) == expected, "step \(step)")
      let left = try archive.state.list().filter { $0.contains("copy") || $0.contains("moves") }
      #expect(left == [], "step \(step)")
      #expect(try archive.root.list().allSatisfy { !$0.hasSuffix(".lock") })
      if try archive.root.contains("finished") { return }
      try runSuccessfully("/bin/rm", ["-rf", path])
    }
    Issue.record("it never came to its end")
  }
}
