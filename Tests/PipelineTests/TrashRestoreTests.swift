import Mail
import Platform
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// What comes back from the trash, and what goes for good.
struct TrashRestoreTests {
  typealias Layout = ArchiveIdentity.Layout

  private func pruned(_ layout: Layout = .maildir) async throws -> SourceBench {
    let (bench, _) = try await SourceBench.filled(4, layout)
    bench.server.change { $0.mailboxes["INBOX"]?.messages = SourceBench.messages(2, from: 60) }
    try await bench.pull()
    bench.expunge("m60", from: "INBOX")
    bench.expunge("m2", "m3")
    #expect(try await bench.pull(prune: 100).sums == ["gone": 3, "removed": 3])
    return bench
  }

  private func empty(_ bench: SourceBench, before: InternalDate? = nil) throws -> TrashReport {
    try EmptyTrash(path: bench.archive, before: before, interruption: try Interruption()).run()
  }

  @Test(arguments: Layout.allCases)
  func `it comes back as it was, and stays`(_ layout: Layout) async throws {
    let bench = try SourceBench { state in
      var work = SourceServer.Mailbox()
      work.messages = SourceBench.messages(3)
      work.messages[1].flags = ["\\Flagged", "Mine"] + (1...30).map { "Key\($0)" }
      work.messages[1].date = "01-Feb-2003 04:05:06 +0000"
      state.mailboxes = ["INBOX": .init(), "Work/Old": work]
    }
    try await bench.pull(layout: layout)
    let items = try ConvertedItem.all(in: bench.archive).mapValues { $0.map(\.description) }
    bench.expunge("m2", from: "Work/Old")
    try await bench.pull(prune: 100)
    #expect(try bench.view().subjects == ["Work/Old: m1", "Work/Old: m3"])
    let report = try bench.restore()
    #expect(report.parts.map(\.mailbox.description) == ["Work/Old"])
    #expect(report.messages == 1 && report.problems == [])
    for _ in 0..<2 {
      let found = try ConvertedItem.all(in: bench.archive).mapValues { $0.map(\.description) }
      #expect(found.mapValues { $0.sorted() } == items.mapValues { $0.sorted() })
      #expect(try bench.verify() == [])
      #expect(try await bench.pull(prune: 100).sums == [:])
    }
    #expect(try bench.trash().runs.isEmpty)
    #expect(try bench.restore().wasEmpty)
  }

  @Test func `one mailbox alone comes back`() async throws {
    let bench = try await pruned()
    #expect(try bench.restore(.inbox).messages == 1)
    #expect(
      try bench.view().subjects == ["INBOX: m60", "INBOX: m61", "Work: m1", "Work: m4"])
    #expect(try bench.trash().subjects == ["Work: m2", "Work: m3"])
    let other = try bench.restore(.inbox)
    #expect(other.messages == 0 && other.exitStatus == .findings)
    #expect(try bench.restore(MailboxName(["Work"])).messages == 2)
  }

  @Test func `a file that is there is not replaced`() async throws {
    let bench = try await pruned()
    let trashed = try #require(try bench.trash().messages.first { $0.subject == "m2" })
    let path = bench.archive + "/Work/cur/" + trashed.file
    try writeFile(path, "Subject: mine\n\nmine\n")
    #expect(try bench.restore().messages == 3)
    #expect(try readFile(path) == "Subject: mine\n\nmine\n")
    #expect(
      try bench.view().subjects.filter { $0.hasPrefix("Work") } == [
        "Work: m1", "Work: m2", "Work: m3", "Work: m4", "Work: mine",
      ])
  }

  @Test func `what somebody moved back by hand stays, too`() async throws {
    let bench = try await pruned()
    let run = try #require(try bench.trash().runs.first).name
    let trashed = try #require(try bench.trash().messages.first { $0.subject == "m2" })
    try runSuccessfully(
      "/bin/mv",
      [
        bench.archive + "/.mailarc/trash/\(run)/Work/cur/" + trashed.file,
        bench.archive + "/Work/cur",
      ])
    for _ in 0..<2 {
      #expect(try await bench.pull(prune: 100).sums == [:])
      #expect(try bench.view().messages.contains { $0.subject == "m2" })
    }
    // It is missed if it goes, wherever it was moved to, until a pull saw that.
    let hand = ArchiveHand(archive: bench.archive, layout: .maildir)
    try hand.move("m2", from: "Work", to: "INBOX")
    #expect(try await bench.pull(prune: 100).sums == [:])
    try hand.delete(["m2"])
    #expect(try bench.verify() == [.missing])
    try await bench.pull()
    #expect(try bench.verify() == [])
  }

  @Test func `without its record it stays as well`() async throws {
    let bench = try await pruned()
    let pull = bench.archive + "/.mailarc/pull"
    try runSuccessfully("/bin/rm", ["-r", pull])
    try await bench.pull()
    #expect(try bench.restore().messages == 3)
    #expect(try bench.verify() == [])
    for _ in 0..<2 {
      #expect(try await bench.pull(prune: 100).sums == [:])
      #expect(try bench.view().messages.count == 6)
    }
  }

  @Test func `a converted archive has no trash, and misses nothing`() async throws {
    let bench = try await pruned()
    let target = bench.directory.file("converted")
    try runSuccessfully(
      builtProgram("mailarc"), ["convert", bench.archive, target, "--layout", "mbox"])
    #expect(try TrashView(target).runs.isEmpty)
    #expect(try ArchiveView(target).subjects == ["INBOX: m61", "Work: m1", "Work: m4"])
    let other = try SourceBench(sharing: bench, archive: "converted")
    #expect(try other.verify() == [])
    #expect(try await other.pull(prune: 100).sums == [:])
    #expect(try other.verify() == [])
  }

  @Test func `status does not call it deleted`() async throws {
    let bench = try await pruned()
    #expect(try bench.changesByHand() == [])
    _ = try bench.restore()
    #expect(try bench.changesByHand() == [])
  }

  @Test func `emptied, it is gone for good`() async throws {
    let bench = try await pruned()
    let date = try #require(
      try Trash(of: try Archive.open(path: bench.archive, for: .reading)).runs().first
    ).date
    #expect(try empty(bench, before: date).messages == 0)
    #expect(try bench.trash().messages.count == 3)
    let report = try empty(bench, before: InternalDate(epochSeconds: date.epochSeconds + 1))
    #expect(report.messages == 3 && report.problems == [])
    let sizes = ["m2", "m3", "m60"].map { PullBench.message($0).count { $0 != 13 } }
    #expect(report.bytes == Int64(sizes.reduce(0, +)))
    #expect(try bench.trash().runs.isEmpty)
    #expect(try bench.verify() == [])
    #expect(try await bench.pull(prune: 100).sums == [:])
    #expect(try empty(bench).wasEmpty)
  }

  @Test func `what others put there stays, and is named`() async throws {
    let bench = try await pruned()
    let run = try #require(try bench.trash().runs.first).name
    let trash = bench.archive + "/.mailarc/trash/"
    try writeFile(trash + "note", "x")
    try writeFile(trash + run + "/note", "x")
    try writeFile(trash + run + "/Work/cur/7.mine:2,", "Subject: mine\n\n")
    let restored = try bench.restore()
    #expect(restored.messages == 3 && restored.problems.count == 1)
    #expect(try bench.trash().subjects == ["Work: mine"])
    let emptied = try empty(bench)
    #expect(emptied.messages == 1 && emptied.problems.count == 1)
    #expect(try listDirectory(trash + run) == ["note"])
    #expect(try readFile(trash + "note") == "x")
  }

  @Test(arguments: [true, false], [Layout.maildir, .mbox])
  func `it comes back into its mailbox under the name that somebody gave that meanwhile`(
    _ isPulled: Bool, _ layout: Layout
  ) async throws {
    let (bench, hand) = try await SourceBench.filled(4, layout)
    bench.expunge("m1")
    try await bench.pull(prune: 100)
    try hand.rename("Work", to: "Mine")
    if isPulled { #expect(try await bench.pull().sums == [:]) }
    #expect(try bench.restore().messages == 1)
    #expect(try bench.view().subjects == (1...4).map { "Mine: m\($0)" })
    bench.server.change {
      $0.mailboxes["Work"]?.messages += SourceBench.messages(1, from: 9)
    }
    #expect(try await bench.pull(prune: 100).sums == ["transferred": 1])
    #expect(try bench.view().subjects == [1, 2, 3, 4, 9].map { "Mine: m\($0)" })
    #expect(try bench.changesByHand() == [])
  }

  @Test func `nobody else may write meanwhile`() async throws {
    let bench = try await pruned()
    let held = try Archive.open(path: bench.archive, for: .writing)
    #expect(throws: Failure.self) { try bench.restore() }
    #expect(throws: Failure.self) { try empty(bench) }
    let totals = try ListTrash(
      path: bench.archive, observer: { _ in IgnoringList() }, interruption: try Interruption()
    ).run()
    #expect(totals.messages == 3)
    withExtendedLifetime(held) {}
  }
}

private struct IgnoringList: ListObserver {
  func began(_ mailbox: MailboxName) {}
  func message(_ message: ListedMessage) {}
  func mailbox(_ mailbox: ListedMailbox) {}
  func problem(_ problem: ListProblem) {}
  func passedOver(_ text: String) {}
}
