import Glibc
import Mail
import Platform
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// Pulls over POP3 that leave the mail where it is.
struct PullMaildropTests {
  typealias Layout = ArchiveIdentity.Layout
  typealias Naming = MaildropBench.Naming

  private static func bodies(_ subjects: String...) -> [String] {
    subjects.map { MaildropBench.message($0) }
  }

  @Test(arguments: [Layout.maildir, .maildirPlusPlus, .mbox], Naming.allCases)
  func `nothing is stored twice, whatever the server calls its messages`(
    _ layout: Layout, _ naming: Naming
  ) async throws {
    let bench = try MaildropBench()
    bench.hold(Self.bodies("a", "b", "c", "d"), naming)
    #expect(try await bench.pull(layout: layout).sums == ["transferred": 4])
    #expect(bench.take("RETR") == 4)
    // Again; then without the second and with another one.
    bench.hold(Self.bodies("a", "b", "c", "d"), naming, run: 2)
    #expect(try await bench.pull().sums == [:])
    let hasNoNames = naming == .withoutUIDLAndTOP
    #expect(bench.take("RETR") == (hasNoNames ? 4 : 0))
    bench.hold(Self.bodies("a", "c", "d", "e"), naming, run: 3)
    #expect(try await bench.pull().sums == ["transferred": 1, "gone": 1])
    #expect(bench.take("RETR") == (hasNoNames ? 4 : 1))
    #expect(try bench.view().subjects == ["a", "b", "c", "d", "e"].map { "INBOX: \($0)" })
    // Back again under another name, it is what the archive has.
    bench.hold(Self.bodies("b", "e"), naming, run: 4)
    #expect(try await bench.pull().sums["transferred"] == nil)
    #expect(try bench.view().messages.count == 5)
    #expect(!bench.server.commands.contains { ["DELE", "RSET"].contains($0) })
  }

  @Test(arguments: Naming.allCases)
  func `equal messages are counted`(_ naming: Naming) async throws {
    let bench = try MaildropBench()
    bench.hold(Self.bodies("a", "twin", "b", "twin"), naming)
    #expect(try await bench.pull().sums == ["transferred": 4])
    bench.hold(Self.bodies("a", "twin", "b", "twin", "twin"), naming, run: 2)
    #expect(try await bench.pull().sums == ["transferred": 1])
    bench.hold(Self.bodies("twin", "b"), naming, run: 3)
    #expect(try await bench.pull().sums == ["gone": 3])
    #expect(try bench.view().messages.count == 5)
  }

  @Test(arguments: Naming.allCases)
  func `messages of equal header and size are told by what they say`(
    _ naming: Naming
  ) async throws {
    let bench = try MaildropBench()
    let one = MaildropBench.message("same") + "one\r\n"
    let two = MaildropBench.message("same") + "two\r\n"
    bench.hold([one], naming)
    #expect(try await bench.pull().sums == ["transferred": 1])
    bench.hold([two, one], naming, run: 2)
    #expect(try await bench.pull().sums["transferred"] == 1)
    bench.hold([one, two], naming, run: 3)
    #expect(try await bench.pull().sums["transferred"] == nil)
    let bodies = Set(try bench.view().messages.map { String(decoding: $0.body, as: UTF8.self) })
    #expect(bodies == [one, two])
  }

  @Test func `a name that another message has by now does not hide it`() async throws {
    let bench = try MaildropBench()
    bench.hold(Self.bodies("a", "b"), .numbers)
    try await bench.pull()
    // Without a as with an older server: names are as the numbers, and not all of them.
    bench.server.change {
      $0.messages[0] = .init(MaildropBench.message("longer"), uidl: $0.messages[0].uidl)
    }
    #expect(try await bench.pull().sums == ["transferred": 1, "gone": 1])
    bench.hold(Self.bodies("x", "y"))
    try await bench.pull()
    bench.server.change {
      $0.messages[1] = .init(MaildropBench.message("wholly other"), uidl: $0.messages[1].uidl)
    }
    #expect(try await bench.pull().sums["transferred"] == 1)
    #expect(try bench.view().messages.count == 6)
  }

  @Test(arguments: [Layout.maildir, .mbox], [Naming.lasting, .renumbered, .withoutUIDLAndTOP])
  func `hand edits stay`(_ layout: Layout, _ naming: Naming) async throws {
    let bench = try MaildropBench()
    bench.hold(Self.bodies("a", "b", "c", "d", "e"), naming)
    try await bench.pull(layout: layout)
    let hand = ArchiveHand(archive: bench.archive, layout: layout)
    try hand.delete(["a"])
    try hand.make("Work")
    try hand.move("b", to: "Work")
    try hand.flag("c", "F")
    bench.hold(Self.bodies("a", "b", "c", "d", "e"), naming, run: 2)
    #expect(try await bench.pull().sums == ["deleted": 1])
    bench.hold(Self.bodies("a", "b", "c", "d", "e", "f"), naming, run: 3)
    #expect(try await bench.pull().sums == ["transferred": 1, "deleted": 1])
    #expect(
      try bench.view().subjects == [
        "INBOX: c", "INBOX: d", "INBOX: e", "INBOX: f", "Work: b",
      ])
    #expect(try bench.view().message("c").flags == ["\\flagged"])
    let status = try StatusArchive(
      path: bench.archive, full: false, interruption: try Interruption()
    ).run()
    #expect(status.changes.isEmpty)
  }

  @Test func `internal dates are those of Received, else of Date, and the report says so`()
    async throws
  {
    let bench = try MaildropBench()
    let rest = "From: a@b\r\nMessage-ID: <1@x>\r\n\r\nText\r\n"
    bench.hold([
      "Received: from a by b; Mon, 05 Jan 2015 10:00:00 +0900\r\nReceived: from c by d; "
        + "Mon, 05 Jan 2009 10:00:00 +0900\r\nSubject: one\r\n" + rest,
      "Date: Tue, 06 Jan 2015 10:00:00 +0000\r\nSubject: two\r\n" + rest,
      "Subject: three\r\n" + rest,
    ])
    let before = InternalDate(epochSeconds: WallClock.now)
    let report = try await bench.pull()
    #expect(try bench.view().message("one").date == 1_420_419_600)
    #expect(try bench.view().message("two").date == 1_420_538_400)
    #expect(try bench.view().message("three").date >= before.epochSeconds)
    let dates = report.notices.filter { $0.kind == .datesNotKept }.map(\.text)
    #expect(
      dates == [
        "POP3 tells no internal dates: 1 message has that of the topmost Received field, "
          + "1 message has that of the Date field, 1 message has the time of this pull"
      ])
  }

  @Test func `an empty source is said plainly`() async throws {
    let bench = try MaildropBench()
    func told(_ report: RunReport) -> [String] {
      report.notices.map(\.text).filter { $0.contains("empty") }
    }
    let first = told(try await bench.pull())
    #expect(first.count == 1 && first[0].contains("took away"))
    bench.hold(Self.bodies("a", "b"))
    #expect(told(try await bench.pull()) == [])
    bench.hold([])
    let later = told(try await bench.pull())
    #expect(later.count == 1 && later[0].contains("had 2 messages"))
    #expect(try bench.view().messages.count == 2)
  }

  @Test func `a dry run downloads nothing and writes nothing`() async throws {
    let bench = try MaildropBench()
    bench.hold(Self.bodies("a", "b"))
    #expect(try await bench.pull(dryRun: true).sums == ["transferred": 2])
    #expect(access(bench.archive, F_OK) != 0)
    try await bench.pull()
    bench.hold(Self.bodies("a", "b", "c"), .renumbered)
    _ = bench.take("RETR")
    let before = try snapshot(bench.archive, except: [])
    #expect(try await bench.pull(dryRun: true).sums == ["transferred": 1])
    #expect(bench.take("RETR") == 0)
    #expect(changes(before, try snapshot(bench.archive, except: [])) == [])
  }
}
