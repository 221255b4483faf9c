import Glibc
import Mail
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// A mail program gave a message another name, and then its mailbox gets another name at the source, or
/// another UIDVALIDITY.
struct RenamedFilesOfRenamedTests {
  typealias Layout = ArchiveIdentity.Layout
  private static let layouts = [Layout.maildir, .maildirPlusPlus]

  /// What was done by hand, and where the message is to be once `Work` is called `Later` at the source.
  enum Edit: String, CaseIterable {
    case inItsMailbox = "Later"
    case elsewhere = "Other"
    case inARenamedMailbox = "Mine"
    case inARenamedMailboxThatWasPulled = "Mine "

    var outcome: String { rawValue.filter { $0 != " " } }
  }

  /// An archive with `m1` to `m4` in Work and `o1` in Other.
  private static func bench(_ layout: Layout) async throws -> (SourceBench, ArchiveHand) {
    let bench = try SourceBench {
      var work = SourceServer.Mailbox()
      work.uidValidity = 3
      work.messages = SourceBench.messages(4)
      var other = SourceServer.Mailbox()
      other.uidValidity = 4
      other.messages = [SourceServer.Message(uid: 1, body: PullBench.message("o1"))]
      $0.mailboxes = ["INBOX": .init(), "Work": work, "Other": other]
    }
    try await bench.pull(layout: layout)
    return (bench, ArchiveHand(archive: bench.archive, layout: layout))
  }

  private static func rename(
    _ subject: String, _ bench: SourceBench, _ hand: ArchiveHand, to mailbox: String
  ) throws {
    let new = hand.path(mailbox) + "/cur/777.M1P2.host:2,F"
    #expect(Glibc.rename(try file(subject, bench, hand), new) == 0)
  }

  private static func file(
    _ subject: String, _ bench: SourceBench, _ hand: ArchiveHand
  ) throws -> String {
    let message = try bench.view().message(subject)
    let paths = ["cur", "new"].map { "\(hand.path(message.mailbox))/\($0)/\(message.file)" }
    return try #require(paths.first { access($0, F_OK) == 0 })
  }

  private static func edit(
    _ edit: Edit, _ bench: SourceBench, _ hand: ArchiveHand
  ) async throws {
    switch edit {
    case .inItsMailbox: try rename("m2", bench, hand, to: "Work")
    case .elsewhere: try rename("m2", bench, hand, to: "Other")
    case .inARenamedMailbox:
      try hand.rename("Work", to: "Mine")
      try rename("m2", bench, hand, to: "Mine")
    case .inARenamedMailboxThatWasPulled:
      try hand.rename("Work", to: "Mine")
      #expect(try await bench.pull().sums == [:])
      try rename("m2", bench, hand, to: "Mine")
    }
  }

  @Test(arguments: layouts, Edit.allCases)
  func `it is followed where the source renames the mailbox`(
    _ layout: Layout, _ edit: Edit
  ) async throws {
    let (bench, hand) = try await Self.bench(layout)
    try await Self.edit(edit, bench, hand)
    bench.server.change { $0.mailboxes["Later"] = $0.mailboxes.removeValue(forKey: "Work") }
    let report = try await bench.pull()
    #expect(report.questions == [])
    let rest = edit.outcome == "Mine" ? "Mine" : "Later"
    let expected =
      ["\(edit.outcome): m2", "Other: o1"] + ["m1", "m3", "m4"].map { "\(rest): \($0)" }
    #expect(try bench.view().subjects.sorted() == expected.sorted())
    #expect(try bench.view().message("m2").flags == ["\\flagged"])
    #expect(try await bench.pull().sums == [:])
    // It follows its source from there.
    bench.server.change {
      guard let index = $0.mailboxes["Later"]?.messages.firstIndex(where: { $0.uid == 2 }) else {
        return
      }
      $0.mailboxes["Later"]?.messages[index].flags = ["\\Seen"]
    }
    #expect(try await bench.pull().sums == ["flags": 1])
    #expect(try bench.view().message("m2").flags == ["\\flagged", "\\seen"])
  }

  @Test(arguments: layouts)
  func `it is followed where the mailbox gets another UIDVALIDITY`(_ layout: Layout) async throws {
    let (bench, hand) = try await Self.bench(layout)
    try Self.rename("m2", bench, hand, to: "Other")
    bench.server.change {
      $0.mailboxes["Work"]?.uidValidity = 30
      for index in 0..<4 { $0.mailboxes["Work"]?.messages[index].uid += 10 }
    }
    #expect(try await bench.pull().sums == [:])
    #expect(
      try bench.view().subjects == ["Other: m2", "Other: o1", "Work: m1", "Work: m3", "Work: m4"])
    bench.server.change { $0.mailboxes["Work"]?.messages[1].flags = ["\\Seen"] }
    #expect(try await bench.pull().sums == ["flags": 1])
    #expect(try bench.view().message("m2").flags == ["\\flagged", "\\seen"])
  }

  @Test func `what was deleted as well stays so`() async throws {
    let (bench, hand) = try await Self.bench(.maildir)
    try Self.rename("m2", bench, hand, to: "Other")
    unlink(try Self.file("m3", bench, hand))
    bench.server.change { $0.mailboxes["Later"] = $0.mailboxes.removeValue(forKey: "Work") }
    #expect(try await bench.pull().questions == [])
    #expect(
      try bench.view().subjects == ["Later: m1", "Later: m4", "Other: m2", "Other: o1"])
    #expect(try await bench.pull().sums["transferred"] == nil)
    #expect(try bench.view().messages.count == 4)
  }
}
