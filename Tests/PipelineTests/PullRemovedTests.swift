import Mail
import Platform
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// What is gone at the source and was deleted by hand in the archive, in whatever order.
struct PullRemovedTests {
  typealias Layout = ArchiveIdentity.Layout

  private func filled(_ count: UInt32, _ layout: Layout = .maildir) async throws -> (
    SourceBench, ArchiveHand
  ) {
    let bench = try SourceBench {
      var work = SourceServer.Mailbox()
      work.uidValidity = 3
      work.messages = SourceBench.messages(count)
      $0.mailboxes = ["INBOX": .init(), "Work": work]
    }
    try await bench.pull(layout: layout)
    return (bench, ArchiveHand(archive: bench.archive, layout: layout))
  }

  private func verify(_ bench: SourceBench) throws -> [VerifyFinding.Kind] {
    try VerifyArchive(
      path: bench.archive, observer: NoVerifyObserver(), interruption: try Interruption()
    ).run().kinds
  }

  private func expunge(_ subject: String, _ bench: SourceBench) {
    bench.server.change {
      $0.mailboxes["Work"]?.messages.removeAll {
        $0.body == PullBench.message(subject)
      }
    }
  }

  private func bringMail(_ bench: SourceBench, _ uid: UInt32) {
    bench.server.change {
      $0.mailboxes["Work"]?.messages += SourceBench.messages(1, from: uid)
    }
  }

  @Test(arguments: [[0, 1, 2], [1, 0, 2], [0, 1], [1, 0], [0, 2, 1, 3], [1, 2, 0, 3]])
  func `what was deleted on purpose is not missing`(_ steps: [Int]) async throws {
    let (bench, hand) = try await filled(3)
    for step in steps {
      switch step {
      case 0: expunge("m2", bench)
      case 1: try hand.delete(["m2"], from: "Work")
      case 2: try await bench.pull()
      default: bringMail(bench, 9)
      }
    }
    try await bench.pull()
    #expect(try verify(bench) == [])
    #expect(try bench.view().subjects.prefix(2) == ["Work: m1", "Work: m3"])
    // Nor is what was not deleted taken for it.
    expunge("m1", bench)
    try await bench.pull()
    #expect(try verify(bench) == [])
    #expect(try bench.view().subjects.first == "Work: m1")
  }

  @Test func `what the archive alone had is missing until somebody says that it was meant`()
    async throws
  {
    let (bench, hand) = try await filled(30)
    bench.server.change { $0.mailboxes["Work"]?.messages.removeAll { $0.uid <= 25 } }
    #expect(try await bench.pull().sums == ["gone": 25])
    try hand.delete((1...25).map { "m\($0)" }, from: "Work")
    bringMail(bench, 31)
    for _ in 0..<2 {
      let asked = try await bench.pull()
      #expect(asked.sums == ["questions": 1])
      #expect(asked.questions.first?.text == "25 of 30 messages are gone from the archive at once")
      #expect(try verify(bench).count == 25)
    }
    #expect(try await bench.pull(refetch: true).sums == ["transferred": 1])
    #expect(try verify(bench).count == 25)
    try await bench.pull(accept: true)
    #expect(try verify(bench) == [])
    #expect(try await bench.pull().sums == [:])
  }

  @Test func `what was moved by hand is not missing, though the source has it no longer`()
    async throws
  {
    let (bench, hand) = try await filled(30)
    bench.server.change { $0.mailboxes["Work"]?.messages.removeAll { $0.uid <= 25 } }
    try await bench.pull()
    for number in 1...25 { try hand.move("m\(number)", from: "Work", to: "INBOX") }
    bringMail(bench, 31)
    #expect(try await bench.pull().sums == ["transferred": 1])
    // Each is missed where it lies now.
    try hand.delete((1...25).map { "m\($0)" })
    bringMail(bench, 32)
    #expect(try await bench.pull().sums == ["questions": 1])
  }

  @Test func `it is looked for in a mailbox that is passed over if deletions are accepted`()
    async throws
  {
    let bench = try SourceBench { state in
      state.capabilities = "IMAP4rev1 CONDSTORE"
      state.mailboxes["INBOX"] = .init(highestModSeq: 5, messages: SourceBench.messages(3))
    }
    try await bench.pull()
    bench.server.change { $0.mailboxes["INBOX"]?.messages.removeAll { $0.uid == 1 } }
    #expect(try await bench.pull().sums == ["gone": 1])
    try ArchiveHand(archive: bench.archive, layout: .maildir).delete(["m1"])
    #expect(try await bench.pull().mailboxes.map(\.skipped) == [true])
    #expect(try verify(bench) == [.missing])
    try await bench.pull(accept: true)
    #expect(try verify(bench) == [])
  }

  @Test func `so it is in a mailbox that the source has no longer`() async throws {
    let (bench, hand) = try await filled(3)
    bench.server.change { $0.mailboxes["Work"] = nil }
    #expect(try await bench.pull().sums == ["gone": 3])
    #expect(try await bench.pull().sums == [:])
    try hand.delete(["m2"], from: "Work")
    // Nobody looks into it without need.
    #expect(try await bench.pull().sums == [:])
    #expect(try verify(bench) == [.missing])
    #expect(try await bench.pull(accept: true).sums == [:])
    #expect(try verify(bench) == [])
    try runSuccessfully("/bin/rm", ["-r", hand.path("Work")])
    for _ in 0..<2 {
      let asked = try await bench.pull()
      #expect(asked.sums == ["questions": 1])
      #expect(asked.questions.first?.options == ["--accept-deletions"])
    }
    #expect(try verify(bench) == [.mailboxMissing])
    #expect(try await bench.pull(accept: true).sums == [:])
    #expect(try verify(bench) == [])
    #expect(try await bench.pull().sums == [:])
  }

  @Test func `what was deleted by hand does not come back with a mailbox that is renamed later`()
    async throws
  {
    let (bench, hand) = try await filled(3)
    try hand.delete(["m2"], from: "Work")
    bringMail(bench, 4)
    #expect(try await bench.pull().sums == ["transferred": 1, "deleted": 1])
    bench.server.change {
      $0.mailboxes["New"] = $0.mailboxes["Work"]
      $0.mailboxes["Work"] = nil
    }
    try await bench.pull()
    #expect(try bench.view().subjects == ["New: m1", "New: m3", "New: m4"])
    #expect(try verify(bench) == [])
  }

  @Test(
    arguments: [Layout.maildir, .mbox],
    [(false, true), (false, false), (true, true), (true, false)])
  func `what is a question stays one when the source renames the mailbox`(
    _ layout: Layout, _ variant: (isWhole: Bool, accept: Bool)
  ) async throws {
    let (isWhole, accept) = variant
    let (bench, hand) = try await filled(30, layout)
    let gone = (1...25).map { "m\($0)" }
    if isWhole {
      try runSuccessfully("/bin/rm", ["-r", hand.path("Work")])
    } else {
      try hand.delete(gone, from: "Work")
    }
    bringMail(bench, 31)
    #expect(try await bench.pull().questions.map(\.mailbox.description) == ["Work"])
    bench.server.change {
      $0.mailboxes["New"] = $0.mailboxes["Work"]
      $0.mailboxes["Work"] = nil
    }
    for _ in 0..<2 {
      let asked = try await bench.pull()
      #expect(asked.questions.map(\.mailbox.description) == ["Work"])
      #expect(asked.questions.first?.options == ["--accept-deletions", "--refetch-deleted"])
    }
    try await bench.pull(accept: accept, refetch: !accept)
    let left = isWhole ? ["m31"] : (26...31).map { "m\($0)" }
    let expected = accept ? left : (1...31).map { "m\($0)" }
    #expect(try bench.view().subjects == expected.map { "New: " + $0 }.sorted())
    let deleted = accept ? 31 - left.count : 0
    #expect(try await bench.pull().sums["questions"] == nil)
    bringMail(bench, 40)
    bench.server.change { $0.mailboxes["New"]?.messages += SourceBench.messages(1, from: 41) }
    #expect(try await bench.pull().sums["deleted"] ?? 0 == deleted)
    #expect(try verify(bench) == [])
  }
}
