import Mail
import Platform
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// `pull --prune`: what is gone at the source goes into the trash, and nothing else.
struct PullPruneTests {
  typealias Layout = ArchiveIdentity.Layout

  @Test(arguments: Layout.allCases)
  func `what is gone lies in the trash as it was`(_ layout: Layout) async throws {
    let bench = try SourceBench { state in
      var work = SourceServer.Mailbox()
      work.messages = SourceBench.messages(12)
      // More keywords than there are letters.
      work.messages[1].flags = ["\\Flagged", "Mine"] + (1...30).map { "Key\($0)" }
      work.messages[1].date = "01-Feb-2003 04:05:06 +0000"
      state.mailboxes = ["INBOX": .init(messages: SourceBench.messages(2)), "Work/Old": work]
    }
    try await bench.pull(layout: layout)
    let before = try bench.view().message("m2")
    #expect(before.mailbox == "INBOX" || before.mailbox == "Work/Old")
    let flags = Set(["\\flagged", "mine"] + (1...30).map { "key\($0)" })
    bench.server.change { _ = $0.mailboxes["Work/Old"]?.messages.remove(at: 1) }
    // Nothing of that kind happens without the option.
    #expect(try await bench.pull().sums == ["gone": 1])
    #expect(try bench.view().messages.count == 14)
    #expect(try await bench.pull(prune: 100).sums == ["removed": 1])
    #expect(!(try bench.view().subjects).contains("Work/Old: m2"))
    #expect(try bench.view().messages.count == 13)
    let trashed = try #require(try bench.trash().messages.first)
    #expect(try bench.trash().subjects == ["Work/Old: m2"])
    #expect(trashed.body == PullBench.message("m2"))
    #expect(trashed.date == 1_044_072_306)
    let lettered = trashed.flags
    #expect(lettered.isSubset(of: flags) && lettered.contains("\\flagged"))
    // What has no letter stands beside.
    let run = try #require(try bench.trash().runs.first).name
    let box = bench.archive + "/.mailarc/trash/\(run)/Work/Old"
    let extras = try readFile(box + "/mailarc-keywords")
    let named = extras.split(separator: "\n").dropFirst().flatMap { $0.split(separator: " ") }
    #expect(lettered.union(named.dropFirst().map { $0.lowercased() }) == flags)
    #expect(try bench.verify() == [])
    #expect(try await bench.pull(prune: 100).sums == [:])
    #expect(try await bench.pull().sums == [:])
  }

  @Test(arguments: [Layout.maildir, .mbox])
  func `what somebody cares for stays`(_ layout: Layout) async throws {
    let (bench, hand) = try await SourceBench.filled(8, layout)
    try hand.move("m2", from: "Work", to: "INBOX")
    try hand.flag("m3", "F", in: "Work")
    try hand.flag("m4", "S", in: "Work")
    let path = layout == .mbox ? hand.path("Work") : try file("m5", bench)
    let text = try readFile(path).replacing("Text of m5", with: "Text by me")
    try writeFile(path, text)
    bench.expunge("m2", "m3", "m4", "m5")
    let report = try await bench.pull(prune: 100)
    #expect(report.sums == ["gone": 4, "removed": 1])
    // To have been read is not much.
    #expect(try bench.trash().subjects == ["Work: m4"])
    #expect(try bench.trash().messages.map(\.flags) == [["\\seen"]])
    #expect(
      try bench.view().subjects == [
        "INBOX: m2", "Work: m1", "Work: m3", "Work: m5", "Work: m6", "Work: m7", "Work: m8",
      ])
    let notices = report.notices.map { $0.text.prefix { $0 != ":" } }
    #expect(
      notices == [
        "1 message that the source has no longer is not what was fetched, as far as is known, "
          + "and stays",
        "1 message that the source has no longer has other flags by hand and stays",
        "1 message that the source has no longer was moved by hand and stays",
      ])
  }

  @Test func `of two files of one message nobody knows which is meant`() async throws {
    let (bench, _) = try await SourceBench.filled(8)
    let path = try file("m5", bench)
    try writeFile(path + "S", try readFile(path))
    bench.expunge("m5")
    #expect(try await bench.pull(prune: 100).sums == ["gone": 1])
    #expect(try bench.trash().subjects == [])
  }

  @Test func `a record that was made anew says nothing of what came`() async throws {
    let (bench, _) = try await SourceBench.filled(8)
    try runSuccessfully("/bin/rm", ["-r", bench.archive + "/.mailarc/pull"])
    bench.expunge("m5")
    #expect(try await bench.pull(prune: 100).sums["removed"] == nil)
    #expect(try await bench.pull(prune: 100).sums["removed"] == nil)
    #expect(try bench.view().messages.count == 8)
  }

  @Test func `a record that was made of an edited file is no proof`() async throws {
    let (bench, _) = try await SourceBench.filled(8)
    let path = try file("m5", bench)
    try writeFile(path, try readFile(path) + "P.S.\n")
    try runSuccessfully("/bin/rm", ["-r", bench.archive + "/.mailarc/pull"])
    try await bench.pull()
    bench.expunge("m5")
    #expect(try await bench.pull(prune: 100).sums == ["gone": 1])
    bench.expunge("m4")
    #expect(try await bench.pull(prune: 100).sums == ["gone": 1, "removed": 1])
  }

  @Test func `a journal with lost records decides nothing`() async throws {
    let (bench, _) = try await SourceBench.filled(8)
    bench.expunge("m5")
    try await bench.pull()
    let key = MailboxKey(account: "ada", mailbox: try #require(MailboxName(["Work"])))
    let path = bench.archive + "/.mailarc/pull/\(key.hex).journal"
    let lines = try readFile(path).split(separator: "\n").map(String.init)
    let damaged = lines.map { $0.contains(" held 2 ") ? "x" + $0 : $0 }
    #expect(damaged != lines)
    try writeFile(path, damaged.map { $0 + "\n" }.joined())
    #expect(try await bench.pull(prune: 100).sums["removed"] == nil)
    #expect(try bench.view().messages.count == 8)
  }

  @Test func `what others put into the mailbox is not looked at`() async throws {
    let (bench, hand) = try await SourceBench.filled(2)
    try hand.add("mine", to: "Work")
    bench.expunge("m1", "m2")
    #expect(try await bench.pull(prune: 100).sums == ["gone": 2, "removed": 2])
    #expect(try bench.view().subjects == ["Work: mine"])
  }

  @Test(arguments: [
    (10, 1, nil), (9, 1, 12), (11, 1, nil), (11, 2, 19), (3, 1, 34), (3, 3, 100), (30, 3, nil),
    (30, 29, 97),
  ])
  func `more than the limit is a question`(_ all: Int, _ gone: Int, _ limit: Int?) async throws {
    let (bench, _) = try await SourceBench.filled(UInt32(all))
    bench.server.change { $0.mailboxes["Work"]?.messages.removeAll { $0.uid <= gone } }
    for _ in 0..<2 {
      let report = try await bench.pull(prune: 10)
      #expect(report.sums["removed"] == (limit == nil ? gone : nil))
      #expect(report.questions.map(\.options) == (limit.map { [["--prune-limit \($0)"]] } ?? []))
      if limit == nil { return }
    }
    #expect(try bench.view().messages.count == all)
    let limit = try #require(limit)
    #expect(try await bench.pull(prune: limit - 1).sums == ["questions": 1])
    #expect(try await bench.pull(prune: limit).sums == ["removed": gone])
    #expect(try bench.trash().messages.count == gone)
  }

  @Test func `a dry run shows what would go`() async throws {
    let (bench, _) = try await SourceBench.filled(12)
    bench.expunge("m1")
    try await bench.pull()
    bench.expunge("m2")
    let before = try snapshot(bench.archive)
    let observer = PlannedChanges()
    let report = try await bench.pull(dryRun: true, prune: 50, observer: observer)
    #expect(report.sums == ["gone": 1, "removed": 2])
    let planned = observer.changes
    #expect(planned.map(\.action) == [.remove, .remove])
    #expect(planned.map(\.uid) == [UID(1), UID(2)])
    #expect(try snapshot(bench.archive) == before)
    #expect(try await bench.pull(dryRun: true, prune: 25).questions.count == 0)
    bench.expunge("m3")
    #expect(try await bench.pull(dryRun: true, prune: 24).questions.count == 1)
  }

  @Test(arguments: [Layout.maildir, .mbox])
  func `a mailbox that the source has no longer goes as a whole, if that was said`(
    _ layout: Layout
  ) async throws {
    let (bench, hand) = try await SourceBench.filled(3, layout)
    bench.server.change { $0.mailboxes["Work"] = nil }
    #expect(try await bench.pull(prune: 10).sums == ["gone": 3, "questions": 1])
    #expect(try bench.view().messages.count == 3)
    #expect(try await bench.pull(prune: 100).sums == ["removed": 3])
    #expect(try bench.trash().subjects == ["Work: m1", "Work: m2", "Work: m3"])
    #expect(try !listDirectory(bench.archive).contains { hand.path("Work").hasSuffix("/" + $0) })
    #expect(try bench.verify() == [])
    #expect(try await bench.pull(prune: 100).sums == [:])
    #expect(try bench.restore().messages == 3)
    let changes = try bench.changesByHand()
    #expect(changes == [.mailboxCreated, .added, .added, .added])
    for _ in 0..<2 {
      #expect(try await bench.pull(prune: 100).sums == [:])
      #expect(try bench.view().subjects == ["Work: m1", "Work: m2", "Work: m3"])
      #expect(try bench.verify() == [])
    }
    try hand.delete(["m2"], from: "Work")
    #expect(try bench.verify() == [.missing])
    #expect(try await bench.pull(accept: true).sums == [:])
    #expect(try bench.verify() == [])
  }

  @Test func `what was moved at the source is moved, not removed`() async throws {
    let (bench, _) = try await SourceBench.filled(3)
    bench.server.change {
      var moved = $0.mailboxes["Work"]?.messages.remove(at: 0)
      moved?.uid = 50
      if let moved { $0.mailboxes["INBOX"]?.messages.append(moved) }
    }
    #expect(try await bench.pull(prune: 100).sums == ["transferred": 1, "moved": 1])
    #expect(try bench.view().subjects == ["INBOX: m1", "Work: m2", "Work: m3"])
    #expect(try bench.trash().subjects == [])
  }

  @Test(arguments: 0..<3)
  func `nothing goes while a part of the source can't be had`(_ trouble: Int) async throws {
    let (bench, _) = try await SourceBench.filled(3)
    bench.expunge("m1")
    try await bench.pull()
    bench.server.change { state in
      switch trouble {
      case 0: state.refusesExamine = ["INBOX"]
      case 1:
        state.mailboxes["INBOX"]?.messages = SourceBench.messages(1, from: 70)
        state.quirks[70] = .refuses
      default: state.mailboxes["INBOX"]?.claimed = 1
      }
    }
    let report = try await bench.pull(prune: 100)
    #expect(report.sums["removed"] == nil)
    #expect(report.notices.contains { $0.text.hasPrefix("nothing was put into the trash") })
    #expect(try bench.view().messages.count { $0.mailbox == "Work" } == 3)
    bench.server.change { state in
      state.refusesExamine = []
      state.quirks = [:]
      state.mailboxes["INBOX"]?.claimed = nil
    }
    #expect(try await bench.pull(prune: 100).sums["removed"] == 1)
  }

  @Test func `nothing goes of a mailbox that waits for an answer`() async throws {
    let (bench, hand) = try await SourceBench.filled(40)
    bench.server.change { $0.mailboxes["INBOX"]?.messages = SourceBench.messages(2, from: 60) }
    try await bench.pull()
    bench.expunge("m1")
    bench.expunge("m60", from: "INBOX")
    try await bench.pull()
    try hand.delete((10...35).map { "m\($0)" }, from: "Work")
    let report = try await bench.pull(prune: 100)
    #expect(report.sums == ["questions": 1, "removed": 1])
    #expect(try bench.trash().subjects == ["INBOX: m60"])
    #expect(try await bench.pull(accept: true, prune: 100).sums == ["deleted": 26, "removed": 1])
    #expect(try bench.trash().subjects == ["INBOX: m60", "Work: m1"])
  }

  @Test func `what comes back at the source is fetched anew`() async throws {
    let (bench, _) = try await SourceBench.filled(3)
    bench.expunge("m2")
    #expect(try await bench.pull(prune: 100).sums == ["gone": 1, "removed": 1])
    bench.server.change {
      $0.mailboxes["Work"]?.messages.insert(SourceBench.messages(1, from: 2)[0], at: 1)
    }
    #expect(try await bench.pull(prune: 100).sums == ["transferred": 1])
    #expect(try bench.view().subjects == ["Work: m1", "Work: m2", "Work: m3"])
    #expect(try await bench.pull(prune: 100).sums == [:])
  }

  @Test func `it goes from a mailbox that is passed over, too`() async throws {
    let bench = try SourceBench { state in
      state.capabilities = "IMAP4rev1 CONDSTORE"
      state.mailboxes["INBOX"] = .init(highestModSeq: 5, messages: SourceBench.messages(3))
    }
    try await bench.pull()
    bench.expunge("m1", from: "INBOX")
    #expect(try await bench.pull().sums == ["gone": 1])
    let report = try await bench.pull(prune: 50)
    #expect(report.mailboxes.map(\.skipped) == [true])
    #expect(report.sums == ["removed": 1])
    #expect(try bench.view().subjects == ["INBOX: m2", "INBOX: m3"])
  }

  private func file(_ subject: String, _ bench: SourceBench) throws -> String {
    bench.archive + "/Work/cur/" + (try bench.view().message(subject).file)
  }
}
