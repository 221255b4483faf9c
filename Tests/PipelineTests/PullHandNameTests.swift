import Stores
import Testing

@testable import Pipeline

/// What shows that a mailbox was renamed at the source: then it keeps the name it got by hand.
struct PullHandNameTests {
  private static let old = [PullBench.message("a"), PullBench.message("b")]

  private func mailbox(_ bodies: [[UInt8]], uidValidity: UInt32) -> SourceServer.Mailbox {
    var mailbox = SourceServer.Mailbox()
    mailbox.uidValidity = uidValidity
    mailbox.messages = bodies.enumerated().map { .init(uid: UInt32($0 + 1), body: $1) }
    return mailbox
  }

  /// An archive in which Work is called Business.
  private func renamedByHand() async throws -> SourceBench {
    let bench = try SourceBench {
      $0.mailboxes = ["INBOX": .init(), "Work": mailbox(Self.old, uidValidity: 3)]
    }
    try await bench.pull()
    try ArchiveHand(archive: bench.archive, layout: .maildir).rename("Work", to: "Business")
    return bench
  }

  @Test(arguments: [
    // UIDVALIDITY of the new mailbox, whether there is more in it, whether it is the old.
    (7, true, false), (7, false, true), (3, true, true),
  ])
  func `a mailbox is known by its UIDVALIDITY, or that nothing else is in it`(
    uidValidity: UInt32, hasMore: Bool, isSame: Bool
  ) async throws {
    let bench = try await renamedByHand()
    bench.server.change {
      $0.mailboxes["Work"] = nil
      let more = hasMore ? [PullBench.message("more")] : []
      $0.mailboxes["New"] = mailbox(Self.old + more, uidValidity: uidValidity)
    }
    #expect(try await bench.pull().sums["moved"] == 2)
    // The messages stay in any case where they were moved to by hand.
    let more = hasMore ? [(isSame ? "Business" : "New") + ": more"] : []
    #expect(try bench.view().subjects == ["Business: a", "Business: b"] + more)
    #expect(try bench.view().mailboxes.contains("New") == !isSame)
    #expect(try await bench.pull().sums == [:])
  }

  @Test func `a mailbox that got mail from another one, too, is not the renamed one`()
    async throws
  {
    let bench = try await renamedByHand()
    // One went to each.
    bench.server.change {
      $0.mailboxes["Work"] = nil
      $0.mailboxes["One"] = mailbox([Self.old[0]], uidValidity: 3)
      $0.mailboxes["Other"] = mailbox([Self.old[1]], uidValidity: 3)
    }
    #expect(try await bench.pull().sums["moved"] == 2)
    #expect(try bench.view().subjects == ["Business: a", "Business: b"])
    #expect(try bench.view().mailboxes == ["Business", "INBOX", "One", "Other"])
  }
}
