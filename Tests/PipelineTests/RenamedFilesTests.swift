import Glibc
import Mail
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// Mail programs give a message another name when they move or touch it.
@Suite(.requiresDovecot) struct RenamedFilesTests {
  private static let layouts = [ArchiveIdentity.Layout.maildir, .maildirPlusPlus]

  /// Renames all files of a mailbox as no program of ours would, and moves them.
  private static func rename(
    _ bench: PushBench, _ layout: ArchiveIdentity.Layout, to mailbox: String = "INBOX"
  ) throws {
    let hand = ArchiveHand(archive: bench.archive, layout: layout)
    let cur = hand.path("INBOX") + "/cur/"
    for (index, name) in try listDirectory(cur).sorted().enumerated() {
      let letters = name.split(separator: ":2,", omittingEmptySubsequences: false).last ?? ""
      let new = "\(hand.path(mailbox))/cur/17000000\(index).R\(index).host:2,\(letters)"
      #expect(Glibc.rename(cur + name, new) == 0)
    }
  }

  private static func bench(_ layout: ArchiveIdentity.Layout) async throws -> PushBench {
    let bench = try PushBench()
    try bench.source.plain.create("Work")
    for index in 0..<30 { try bench.source.append("m\(index)", flags: ["\\Seen"]) }
    try bench.source.append("w", to: "Work")
    try await bench.pull(layout: layout)
    return bench
  }

  @Test(arguments: layouts, ["INBOX", "Work"])
  func `they stay what they were, and follow their source`(
    _ layout: ArchiveIdentity.Layout, _ mailbox: String
  ) async throws {
    let bench = try await Self.bench(layout)
    let before = try ArchiveView(bench.archive).messages.map(\.date)
    try Self.rename(bench, layout, to: mailbox)
    try bench.source.plain.select("INBOX")
    try bench.source.plain.store("1:5", "+FLAGS (\\Flagged)")
    let report = try await bench.source.pull()
    #expect(report.questions == [])
    #expect(report.sums == ["flags": 5])
    let view = try ArchiveView(bench.archive)
    #expect(view.messages.count == 31)
    #expect(view.messages.map(\.date).sorted() == before.sorted())
    #expect(view.messages.count { $0.mailbox == mailbox } == (mailbox == "INBOX" ? 30 : 31))
    #expect(view.messages.count { $0.file.hasSuffix(":2,FS") } == 5)
    // Without the journals nothing comes twice: the names say it again.
    #expect(Glibc.rename(bench.archive + "/.mailarc/pull", bench.archive + "-lost") == 0)
    #expect(try await bench.source.pull(layout: layout).sums["transferred"] == nil)
    #expect(try ArchiveView(bench.archive).messages.count == 31)
  }

  @Test func `a dry run neither renames them nor asks`() async throws {
    let bench = try await Self.bench(.maildir)
    try Self.rename(bench, .maildir)
    try bench.source.append("another")
    let before = try snapshot(bench.archive, except: [])
    let report = try await bench.source.pull(dryRun: true)
    #expect(report.questions == [])
    #expect(report.sums == ["transferred": 1])
    #expect(changes(before, try snapshot(bench.archive, except: [])) == [])
  }

  @Test func `of twins each stands for one`() async throws {
    let bench = try PushBench()
    for _ in 0..<3 { try bench.source.append("twin") }
    try await bench.pull()
    try Self.rename(bench, .maildir)
    let cur = bench.archive + "/INBOX/cur/"
    unlink(cur + (try #require(try listDirectory(cur).first)))
    try bench.source.append("another")
    let report = try await bench.source.pull()
    #expect(report.sums == ["transferred": 1, "deleted": 1])
    #expect(try ArchiveView(bench.archive).messages.count == 3)
  }

  @Test func `what a program moved is moved on the target`() async throws {
    let bench = try await Self.bench(.maildir)
    try await bench.push()
    try Self.rename(bench, .maildir, to: "Work")
    let foretold = try await bench.push { $0.dryRun = true }
    #expect(foretold.pushed == ["present": 1])
    #expect(foretold.mailboxes.map(\.moved).reduce(0, +) == 30)
    let report = try await bench.push()
    #expect(report.pushed == ["present": 31])
    #expect(report.mailboxes.map(\.moved).reduce(0, +) == 30)
    #expect(try bench.subjects() == [])
    #expect(try bench.subjects("Work").count == 31)
    #expect(report.notices == [])
    // Also once a pull gave them their names again.
    try await bench.pull()
    #expect(try await bench.push().pushed == ["present": 31])
    #expect(try bench.subjects("Work").count == 31)
  }

  @Test func `what a program renamed only is not moved nor sent`() async throws {
    let bench = try await Self.bench(.maildir)
    try await bench.push()
    try Self.rename(bench, .maildir)
    #expect(try await bench.push().pushed == ["present": 31])
    #expect(try bench.subjects().count == 30)
  }
}
