import Glibc
import Journals
import Mail
import Platform
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// What an archive that was converted from another one knows of its account.
struct ConvertStateTests {
  /// A source account, an archive pulled from it, and room for others.
  private static func pulled() async throws -> SourceBench {
    let bench = try SourceBench { state in
      state.mailboxes["INBOX"] = .init(messages: SourceBench.messages(5))
      state.mailboxes["A"] = .init(messages: SourceBench.messages(3, from: 11))
    }
    try await bench.pull()
    return bench
  }

  /// The archive beside it that is pulled next.
  private func other(_ bench: SourceBench, _ name: String = "b") throws -> SourceBench {
    try SourceBench(sharing: bench, archive: name)
  }

  private func convert(
    _ from: SourceBench, _ to: SourceBench, _ layout: ArchiveIdentity.Layout? = .maildir
  ) async throws -> RunReport {
    let options = ConvertOptions(
      sourcePath: from.archive, mboxDialect: nil, archivePath: to.archive, layout: layout,
      dryRun: false, acceptDeletions: false, refetchDeleted: false)
    return await ConvertPipeline(
      options: options, observer: NoObserver(), interruption: try Interruption()
    ).run()
  }

  private func deleteOne(in archive: String, _ mailbox: String = "INBOX") throws {
    let box = archive + "/\(mailbox)/cur/"
    let name = try #require(
      try listDirectory(box).sorted { ArchiveView.uid($0) < ArchiveView.uid($1) }.first)
    unlink(box + name)
  }

  @Test(arguments: ArchiveIdentity.Layout.allCases)
  func `a pull into it fetches nothing again, not even what was deleted by hand`(
    _ layout: ArchiveIdentity.Layout
  ) async throws {
    let bench = try await Self.pulled()
    try deleteOne(in: bench.archive)
    let copy = try other(bench)
    #expect(try await convert(bench, copy, layout).converted == ["transferred": 7])
    let report = try await copy.pull()
    #expect(report.sums["transferred"] == nil)
    #expect(report.exitStatus == .done)
    bench.server.change { $0.mailboxes["A"]?.messages += SourceBench.messages(1, from: 20) }
    #expect(try await copy.pull().sums["transferred"] == 1)
    let subjects = try ConvertedItem.all(in: copy.archive).mapValues(\.count)
    #expect(subjects == ["INBOX": 4, "A": 4])
  }

  @Test func `a pull into the old one, converted again, is known to the new one`() async throws {
    let bench = try await Self.pulled()
    let copy = try other(bench)
    _ = try await convert(bench, copy)
    bench.server.change { $0.mailboxes["A"]?.messages += SourceBench.messages(1, from: 20) }
    #expect(try await bench.pull().sums == ["transferred": 1])
    try deleteOne(in: bench.archive)
    #expect(try await bench.pull().sums == ["deleted": 1])
    #expect(
      try await convert(bench, copy).converted == ["transferred": 1, "present": 7, "gone": 1])
    #expect(try await copy.pull().sums["transferred"] == nil)
    #expect(try ConvertedItem.all(in: copy.archive).mapValues(\.count) == ["INBOX": 5, "A": 4])
  }

  @Test func `what the new one fetched itself stays known to it`() async throws {
    let bench = try await Self.pulled()
    let copy = try other(bench)
    _ = try await convert(bench, copy)
    bench.server.change { $0.mailboxes["A"]?.messages += SourceBench.messages(1, from: 20) }
    #expect(try await copy.pull().sums["transferred"] == 1)
    try deleteOne(in: copy.archive, "A")
    _ = try await copy.pull()
    let report = try await convert(bench, copy)
    #expect(report.exitStatus == .done)
    #expect(try await copy.pull().sums["transferred"] == nil)
    #expect(try ConvertedItem.all(in: copy.archive).mapValues(\.count) == ["INBOX": 5, "A": 3])
    // The same message came there and here.
    #expect(try await bench.pull().sums == ["transferred": 1])
    #expect(try await convert(bench, copy).converted == ["present": 8, "deleted": 1])
    #expect(try await copy.pull().sums["transferred"] == nil)
  }

  @Test func `a message that was missed does not count as held in the new one`() async throws {
    let bench = try await Self.pulled()
    let copy = try other(bench)
    _ = try await convert(bench, copy)
    let source = try Archive.open(path: bench.archive, for: .reading)
    let inbox = try #require(try source.mailbox(.inbox))
    let missed = try #require(try inbox.scan().first?.origin)
    let staging = try copy.directory.directory.makeSubdirectory("staging")
    let from = try source.state.openSubdirectory("pull")
    try CopyJournals(
      from: from, to: staging, source: source,
      archive: try Archive.open(path: copy.archive, for: .reading), missed: [missed]
    ).pull()
    let uids = try PullJournal(
      in: staging, key: missed.mailboxKey.hex, mailbox: .inbox, readOnly: true
    ).record.messages.keys.map(\.value)
    #expect(uids.sorted() == [2, 3, 4, 5])
    let states = try MailboxStates(in: staging, readOnly: true).all
    #expect(states.count == 1)
    #expect(states[missed.mailboxKey.hex] == nil)
  }
}
