import Stores
import Testing

@testable import Pipeline

/// What shows that a mailbox was renamed at the source: then it keeps the name it got by hand.
struct PullHandNameTests {
  private static let old = [PullBench.message("a"), PullBench.message("b")]

  private func mailbox(
    _ bodies: [[UInt8]], uidValidity: UInt32, id: String?
  ) -> SourceServer.Mailbox {
    var mailbox = SourceServer.Mailbox()
    mailbox.uidValidity = uidValidity
    mailbox.mailboxID = id
    mailbox.messages = bodies.enumerated().map { .init(uid: UInt32($0 + 1), body: $1) }
    return mailbox
  }

  @Test(arguments: [
    // UIDVALIDITY and MAILBOXID of the new mailbox, whether there is more in it, whether it is the old.
    (7, "F1", true, true), (7, "F2", true, false), (7, nil, true, false), (7, nil, false, true),
    (3, nil, true, true),
  ])
  func `a mailbox is known by its MAILBOXID, its UIDVALIDITY, or that nothing else is in it`(
    uidValidity: UInt32, id: String?, hasMore: Bool, isSame: Bool
  ) async throws {
    let bench = try SourceBench {
      $0.capabilities = "IMAP4rev1 OBJECTID"
      $0.mailboxes = ["INBOX": .init(), "Work": mailbox(Self.old, uidValidity: 3, id: "F1")]
    }
    try await bench.pull()
    try ArchiveHand(archive: bench.archive, layout: .maildir).rename("Work", to: "Business")
    bench.server.change {
      $0.mailboxes["Work"] = nil
      let more = hasMore ? [PullBench.message("more")] : []
      $0.mailboxes["New"] = mailbox(Self.old + more, uidValidity: uidValidity, id: id)
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
    let bench = try SourceBench {
      $0.mailboxes = ["INBOX": .init(), "Work": mailbox(Self.old, uidValidity: 3, id: nil)]
    }
    try await bench.pull()
    try ArchiveHand(archive: bench.archive, layout: .maildir).rename("Work", to: "Business")
    // One went to each.
    bench.server.change {
      $0.mailboxes["Work"] = nil
      $0.mailboxes["One"] = mailbox([Self.old[0]], uidValidity: 3, id: nil)
      $0.mailboxes["Other"] = mailbox([Self.old[1]], uidValidity: 3, id: nil)
    }
    #expect(try await bench.pull().sums["moved"] == 2)
    #expect(try bench.view().subjects == ["Business: a", "Business: b"])
    #expect(try bench.view().mailboxes == ["Business", "INBOX", "One", "Other"])
  }
}
