import Mail
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// A name of the source that belongs to another mailbox now.
struct PullReusedNameTests {
  struct Mailbox: Sendable {
    let uidValidity: UInt32
    let subjects: [String]

    init(_ uidValidity: UInt32, _ subjects: [String]) {
      self.uidValidity = uidValidity
      self.subjects = subjects
    }

    var onServer: SourceServer.Mailbox {
      var mailbox = SourceServer.Mailbox()
      mailbox.uidValidity = uidValidity
      mailbox.messages = subjects.enumerated().map {
        .init(uid: UInt32($0 + 1), body: PullBench.message($1))
      }
      return mailbox
    }
  }

  typealias Account = [String: Mailbox]

  private static let steps: [(String, [Account])] = [
    (
      "two are swapped",
      [
        ["INBOX": .init(1, []), "A": .init(2, ["a", "a2"]), "B": .init(3, ["b"])],
        ["INBOX": .init(1, []), "A": .init(3, ["b"]), "B": .init(2, ["a", "a2"])],
      ]
    ),
    (
      "one is renamed and made anew",
      [
        ["INBOX": .init(1, []), "A": .init(2, ["a", "a2"])],
        ["INBOX": .init(1, []), "A": .init(9, ["new"]), "B": .init(2, ["a", "a2"])],
      ]
    ),
    (
      "INBOX is renamed",
      [
        ["INBOX": .init(1, ["i", "twin", "twin"])],
        ["INBOX": .init(9, ["new"]), "Old": .init(1, ["i", "twin", "twin"])],
      ]
    ),
    (
      "one is put aside for a new one, again and again",
      [
        ["INBOX": .init(1, []), "Sent": .init(2, ["s"])],
        ["INBOX": .init(1, []), "Sent": .init(3, ["t"]), "Sent-1": .init(2, ["s"])],
        [
          "INBOX": .init(1, []), "Sent": .init(4, ["u"]), "Sent-1": .init(3, ["t"]),
          "Sent-2": .init(2, ["s"]),
        ],
      ]
    ),
    (
      "some of its messages stay",
      [
        ["INBOX": .init(1, []), "A": .init(2, ["stays", "goes", "deleted"])],
        ["INBOX": .init(1, []), "A": .init(9, ["stays"]), "B": .init(2, ["goes"])],
      ]
    ),
  ]

  private func subjects(_ account: Account) -> [String] {
    account.flatMap { name, mailbox in mailbox.subjects.map { "\(name): \($0)" } }.sorted()
  }

  @Test(arguments: steps.indices, ArchiveIdentity.Layout.allCases)
  func `the archive has each message once, where the source has it`(
    _ index: Int, _ layout: ArchiveIdentity.Layout
  ) async throws {
    let accounts = Self.steps[index].1
    let bench = try SourceBench { $0.mailboxes = accounts[0].mapValues(\.onServer) }
    try await bench.pull(layout: layout)
    for account in accounts.dropFirst() {
      bench.server.change { $0.mailboxes = account.mapValues(\.onServer) }
      try await bench.pull()
      // What is gone altogether is kept.
      let found = try bench.view().subjects.filter { !$0.hasSuffix("deleted") }
      #expect(found.sorted() == subjects(account), "\(Self.steps[index].0)")
      #expect(try await bench.pull().sums == [:])
    }
  }

  @Test func `what was deleted by hand stays away`() async throws {
    let accounts = Self.steps[0].1
    let bench = try SourceBench { $0.mailboxes = accounts[0].mapValues(\.onServer) }
    try await bench.pull()
    try ArchiveHand(archive: bench.archive, layout: .maildir).delete(["a2"], from: "A")
    bench.server.change { $0.mailboxes = accounts[1].mapValues(\.onServer) }
    try await bench.pull()
    #expect(try bench.view().subjects == ["A: b", "B: a"])
    #expect(try await bench.pull().sums == ["deleted": 1])
  }

  @Test func `a run that is killed at any step comes to the same end`() async throws {
    let accounts = Self.steps[4].1
    let bench = try SourceBench { $0.mailboxes = accounts[0].mapValues(\.onServer) }
    #expect(try bench.run().status == 0)
    bench.server.change { $0.mailboxes = accounts[1].mapValues(\.onServer) }
    for step in 1..<200 {
      let other = try SourceBench(sharing: bench, archive: "copy\(step)")
      try runSuccessfully("/bin/cp", ["-a", bench.archive, other.archive])
      let killed = try other.run(environment: ["MAILARC_KILL_AT_STEP": "\(step)"])
      let again = try other.run()
      #expect(again.status == 0, "step \(step): \(again.errors)")
      let found = try other.view().subjects
      #expect(found == ["A: deleted", "A: stays", "B: goes"], "step \(step)")
      if killed.status == 0 {
        #expect(step > 20)
        return
      }
    }
  }
}
