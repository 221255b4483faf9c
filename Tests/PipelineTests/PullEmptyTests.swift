import Mail
import Platform
import Stores
import Testing

@testable import Pipeline

/// A source without mail.
struct PullEmptyTests {
  private static func told(_ report: RunReport) -> [String] {
    report.notices.map(\.text).filter { $0.contains("empty") }
  }

  private func bench(inbox: UInt32, work: UInt32) throws -> SourceBench {
    try SourceBench { state in
      state.mailboxes = [
        "INBOX": .init(messages: SourceBench.messages(inbox)),
        "Work": .init(messages: SourceBench.messages(work)),
      ]
    }
  }

  @Test func `a source that is empty at the first pull is said`() async throws {
    let bench = try bench(inbox: 0, work: 0)
    let dry = try await bench.pull(dryRun: true)
    #expect(Self.told(dry).count == 1)
    let report = try await bench.pull()
    #expect(Self.told(report) == Self.told(dry))
    #expect(Self.told(report).first?.contains("took away") == true)
    // Nothing is said of what is known.
    #expect(Self.told(try await bench.pull()) == [])
  }

  @Test func `a source with mail in any mailbox is not empty`() async throws {
    let bench = try bench(inbox: 0, work: 1)
    #expect(Self.told(try await bench.pull(dryRun: true)) == [])
    #expect(Self.told(try await bench.pull()) == [])
    #expect(Self.told(try await bench.pull()) == [])
  }

  @Test(arguments: [nil, 100])
  func `a source that is empty and was not before is said`(prune: Int?) async throws {
    let bench = try bench(inbox: 2, work: 1)
    try await bench.pull()
    bench.server.change { state in
      for name in state.mailboxes.keys { state.mailboxes[name]?.messages = [] }
    }
    let stays = prune == nil ? "; what is in the archive stays" : ""
    #expect(
      Self.told(try await bench.pull(prune: prune))
        == ["the source is empty, and had 3 messages when it was last pulled" + stays])
    #expect(Self.told(try await bench.pull()) == [])
  }
}
