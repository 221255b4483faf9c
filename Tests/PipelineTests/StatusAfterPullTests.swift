import Mail
import Platform
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// After a pull that did what it could, nothing was changed by hand since.
struct StatusAfterPullTests {
  typealias Layout = ArchiveIdentity.Layout

  private static func words(_ bench: SourceBench) throws -> [String] {
    try StatusArchive(path: bench.archive, full: false, interruption: try Interruption()).run()
      .words
  }

  @Test(arguments: [Layout.maildir, .maildirPlusPlus, .mbox])
  func `what the source has no longer stays known where the mailbox is made anew there`(
    _ layout: Layout
  ) async throws {
    let (bench, hand) = try await SourceBench.filled(4, layout)
    bench.expunge("m1")
    try hand.delete(["m2"], from: "Work")
    #expect(try await bench.pull().sums == ["gone": 1, "deleted": 1])
    #expect(try Self.words(bench) == [])
    bench.server.change {
      $0.mailboxes["Work"]?.uidValidity = 30
      for index in 0..<3 { $0.mailboxes["Work"]?.messages[index].uid += 10 }
    }
    try await bench.pull()
    #expect(try bench.view().subjects == ["Work: m1", "Work: m3", "Work: m4"])
    #expect(try Self.words(bench) == [])
    #expect(try await bench.pull().sums == ["deleted": 1])
    #expect(try Self.words(bench) == [])
    try hand.delete(["m1"], from: "Work")
    #expect(try Self.words(bench) == ["Work deleted"])
  }
}
