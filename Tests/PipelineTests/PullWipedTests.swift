import Mail
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// A source account that was wiped, or filled anew.
@Suite struct PullWipedTests {
  /// What became of the account.
  enum Wipe: CaseIterable {
    case mailGone, mailboxesGone, madeAnew, madeAnewAndFilled
    /// The same UIDVALIDITY, and UIDs that begin at 1 again.
    case begunAgain, begunAgainAndFilled
    /// The same, with messages that it had before, under other UIDs.
    case restored
  }

  @Test(
    arguments: Wipe.allCases, ["IMAP4rev1", "IMAP4rev1 CONDSTORE", "IMAP4rev1 ENABLE QRESYNC"])
  func `what was pulled stays, and what is there now comes`(
    _ wipe: Wipe, _ capabilities: String
  ) async throws {
    let hasModSeq = capabilities != "IMAP4rev1"
    let bench = try SourceBench { state in
      state.capabilities = capabilities
      for name in ["INBOX", "Work"] {
        state.mailboxes[name] = .init(
          uidNext: 31, highestModSeq: hasModSeq ? 90 : nil, messages: SourceBench.messages(30))
      }
    }
    #expect(try await bench.pull().sums == ["transferred": 60])
    var expected = try bench.view().subjects
    var new: [String] = []
    var uids: ClosedRange<UInt32>?
    switch wipe {
    case .madeAnewAndFilled, .begunAgainAndFilled:
      new = (101...120).map { "x\($0)" }
      uids = 1...20
    case .restored:
      // The last ten and then others: to each UID belongs another message now.
      new = (21...30).map { "m\($0)" } + (101...105).map { "x\($0)" }
      uids = 1...15
    default: break
    }
    let fresh = (uids.map(Array.init) ?? []).enumerated().map { place, uid in
      SourceServer.Message(uid: uid, body: PullBench.message(new[place]), modSeq: UInt64(uid))
    }
    bench.server.change { state in
      for name in ["INBOX", "Work"] {
        switch wipe {
        case .mailGone:
          state.mailboxes[name]?.messages = []
          if hasModSeq { state.mailboxes[name]?.highestModSeq = 91 }
          state.mailboxes[name]?.vanished = Array(1...30)
        case .mailboxesGone: state.mailboxes[name] = name == "INBOX" ? .init(uidNext: 1) : nil
        default:
          let isAnew = wipe == .madeAnew || wipe == .madeAnewAndFilled
          state.mailboxes[name] = .init(
            uidValidity: isAnew ? 2 : 1, uidNext: UInt32(fresh.count + 1),
            highestModSeq: hasModSeq ? UInt64(fresh.count + 1) : nil, messages: fresh)
        }
      }
    }
    let report = try await bench.pull()
    let isNew = { (subject: String) in subject.hasPrefix("x") }
    #expect(report.sums["transferred", default: 0] == 2 * new.count(where: isNew))
    for name in ["INBOX", "Work"] { expected += new.filter(isNew).map { "\(name): \($0)" } }
    #expect(try bench.view().subjects == expected.sorted())
    #expect(report.exitStatus == .done)
    let again = try await bench.pull()
    #expect(again.sums["transferred"] == nil)
    #expect(try bench.view().subjects == expected.sorted())
  }

  // MARK: The same UIDVALIDITY, and other UIDs

  private static func mailbox(_ subjects: [String]) -> SourceServer.Mailbox {
    var mailbox = SourceServer.Mailbox()
    mailbox.uidNext = UInt32(subjects.count + 1)
    mailbox.messages = subjects.enumerated().map {
      .init(uid: UInt32($0 + 1), body: PullBench.message($1))
    }
    return mailbox
  }

  private static let now = [
    "Hand: moved", "INBOX: gone", "INBOX: stays", "INBOX: twin", "INBOX: twin", "INBOX: x",
    "Work: goes", "Work: w",
  ]

  /// An archive with hand edits, and what its source has afterwards.
  private func restarted(
    _ layout: ArchiveIdentity.Layout, afterPull: Bool
  ) throws -> SourceBench {
    let bench = try SourceBench { state in
      state.mailboxes["INBOX"] = Self.mailbox(
        ["goes", "stays", "deleted", "moved", "twin", "twin", "gone", "last"])
      state.mailboxes["Work"] = Self.mailbox(["w"])
      state.mailboxes["Hand"] = Self.mailbox([])
    }
    #expect(try bench.run(["--layout", layout.rawValue]).status == 0)
    let hand = ArchiveHand(archive: bench.archive, layout: layout)
    try hand.delete(["deleted", "last"], from: "INBOX")
    try hand.move("moved", from: "INBOX", to: "Hand")
    if afterPull { #expect(try bench.run().status == 0) }
    bench.server.change { state in
      state.mailboxes["INBOX"] = Self.mailbox(
        ["x", "deleted", "twin", "moved", "stays", "twin"])
      state.mailboxes["Work"] = Self.mailbox(["w", "goes"])
    }
    return bench
  }

  @Test(arguments: [ArchiveIdentity.Layout.maildir, .mbox])
  func `what was done by hand stays so, wherever a run is killed`(
    _ layout: ArchiveIdentity.Layout
  ) throws {
    // In a copy of the archive what is missing and was not known before would be a question.
    let bench = try restarted(layout, afterPull: true)
    for step in 1..<150 {
      let other = try SourceBench(sharing: bench, archive: "copy\(step)")
      try runSuccessfully("/bin/cp", ["-a", bench.archive, other.archive])
      let killed = try other.run(environment: ["MAILARC_KILL_AT_STEP": "\(step)"])
      let again = try other.run()
      #expect(again.status == 0, "step \(step): \(again.errors)")
      #expect(try other.view().subjects == Self.now, "step \(step)")
      try runSuccessfully("/bin/rm", ["-rf", other.archive])
      if killed.status == 0 {
        #expect(step > 20)
        return
      }
    }
  }

  @Test func `a dry run foretells it and renames nothing`() throws {
    let bench = try restarted(.maildir, afterPull: false)
    let inbox = bench.archive + "/INBOX/cur"
    let before = try listDirectory(inbox).sorted()
    let told = try bench.run(["--dry-run", "--json"])
    #expect(told.status == 0)
    #expect(try listDirectory(inbox).sorted() == before)
    let done = try bench.run(["--json"])
    let counts = { (result: ProcessResult) in
      result.output.matches(of: #/"transferred":(\d+)/#).last.map { String($0.output.1) }
    }
    #expect(counts(done) == "2")
    #expect(counts(told) == counts(done))
    #expect(try bench.view().subjects == Self.now)
  }
}
