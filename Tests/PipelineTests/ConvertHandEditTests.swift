import Glibc
import Mail
import Platform
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// What somebody took out of an archive that mail was converted into.
struct ConvertHandEditTests {
  typealias Layout = ArchiveIdentity.Layout

  private func filled(_ count: Int, _ layout: Layout = .maildir) async throws -> ConvertBench {
    let bench = try ConvertBench()
    try bench.fill(["INBOX"], (0..<count).map { ConvertBench.plain("m\($0)") })
    #expect(try await bench.convert(layout: layout).converted == ["transferred": count])
    return bench
  }

  private func delete(_ count: Int, _ bench: ConvertBench, _ name: String = "INBOX") throws {
    let archive = try Archive.open(path: bench.target, for: .writing)
    let name = try #require(MailboxName([name]))
    let mailbox = try #require(try archive.mailbox(name))
    try mailbox.remove(Array(try mailbox.scan().prefix(count)))
    try mailbox.flush()
  }

  @Test(arguments: Layout.allCases)
  func `a large disappearance is a question each time until it is answered`(
    _ layout: Layout
  ) async throws {
    let bench = try await filled(30, layout)
    try delete(25, bench)
    try bench.fill(["INBOX"], [ConvertBench.plain("new")], firstUID: 31)
    for dryRun in [true, false, false] {
      let before = try snapshot(bench.directory.path, except: ["/target/.mailarc/lock"])
      let report = try await bench.convert(layout: nil, dryRun: dryRun)
      #expect(report.converted == ["questions": 1])
      #expect(report.exitStatus == .findings)
      #expect(report.questions.first?.options == ["--accept-deletions", "--refetch-deleted"])
      #expect(report.questions.first?.text.hasPrefix("25 of 30 messages") == true)
      let after = try snapshot(bench.directory.path, except: ["/target/.mailarc/lock"])
      #expect(changes(before, after) == [])
    }
    #expect(
      try await bench.convert(layout: nil, accept: true).converted
        == ["transferred": 1, "present": 5, "deleted": 25])
    // The answer is remembered, and verify knows it.
    #expect(try await bench.convert(layout: nil).converted == ["present": 6, "deleted": 25])
    let verified = try VerifyArchive(
      path: bench.target, observer: NoVerifyObserver(), interruption: try Interruption()
    ).run()
    #expect(verified.findings == [])
    #expect(
      try await bench.convert(layout: nil, refetch: true).converted
        == ["transferred": 25, "present": 6])
    #expect(try await bench.convert(layout: nil).converted == ["present": 31])
    #expect(try bench.view()["INBOX"]?.count == 31)
  }

  @Test(arguments: [(20, 20, false), (21, 21, true), (21, 210, false), (21, 209, true)])
  func `when a disappearance is a question`(
    _ missing: Int, _ held: Int, _ asks: Bool
  ) async throws {
    let bench = try await filled(held)
    try delete(missing, bench)
    let report = try await bench.convert()
    #expect(report.questions.count == (asks ? 1 : 0))
    #expect(report.converted["deleted"] == (asks ? nil : missing))
  }

  @Test func `deletions a few at a time are no question`() async throws {
    let bench = try await filled(45)
    try delete(20, bench)
    #expect(try await bench.convert().converted == ["present": 25, "deleted": 20])
    try delete(20, bench)
    #expect(try await bench.convert().converted == ["present": 5, "deleted": 40])
  }

  @Test func `what comes back gets the name that it had`() async throws {
    let bench = try await filled(30)
    let before = try bench.view()
    try delete(30, bench)
    #expect(try await bench.convert().questions.count == 1)
    #expect(try await bench.convert(refetch: true).converted == ["transferred": 30])
    #expect(try bench.view().mapValues { Set($0) } == before.mapValues { Set($0) })
  }

  @Test func `what was put back by hand may be deleted again`() async throws {
    let bench = try await filled(30)
    let kept = bench.directory.file("kept")
    try runSuccessfully("/bin/cp", ["-a", bench.target + "/INBOX/cur", kept])
    try delete(30, bench)
    #expect(try await bench.convert(accept: true).converted == ["deleted": 30])
    try runSuccessfully("/bin/cp", ["-a", kept + "/.", bench.target + "/INBOX/cur"])
    #expect(try await bench.convert().converted == ["present": 30])
    try delete(30, bench)
    #expect(try await bench.convert().questions.count == 1)
  }

  @Test(arguments: [Layout.maildir, .mbox])
  func `what was moved by hand is there`(_ layout: Layout) async throws {
    let bench = try await filled(30, layout)
    do {
      let archive = try Archive.open(path: bench.target, for: .writing)
      let inbox = try #require(try archive.mailbox(.inbox))
      let name = try #require(MailboxName(["Other"]))
      let other = try archive.makeMailbox(name)
      _ = try inbox.move(inbox.scan().map { MoveOrder($0, origin: $0.origin) }, to: other)
      try other.flush()
      try inbox.flush()
    }
    for refetch in [false, true, false] {
      let report = try await bench.convert(layout: nil, refetch: refetch)
      #expect(report.converted == ["present": 30])
    }
    #expect(try bench.view().mapValues(\.count) == ["INBOX": 0, "Other": 30])
  }

  @Test func `a mailbox whose directory is gone is a question, however small`() async throws {
    let bench = try await filled(1)
    try bench.fill(["Work"], [ConvertBench.plain("work")])
    #expect(try await bench.convert().converted == ["transferred": 1, "present": 1])
    try runSuccessfully("/bin/rm", ["-r", bench.target + "/Work"])
    let asked = try await bench.convert()
    #expect(asked.converted == ["present": 1, "questions": 1])
    #expect(try await bench.convert(accept: true).converted == ["present": 1, "deleted": 1])
    #expect(try bench.view().keys.sorted() == ["INBOX"])
    #expect(try await bench.convert().converted == ["present": 1, "deleted": 1])
    #expect(try bench.view().keys.sorted() == ["INBOX"])
    try bench.fill(["Work"], [ConvertBench.plain("new")], firstUID: 2)
    #expect(
      try await bench.convert().converted == ["transferred": 1, "present": 1, "deleted": 1])
    #expect(try bench.view().mapValues(\.count) == ["INBOX": 1, "Work": 1])
  }

  @Test func `an archive that was copied to another place is no question`() async throws {
    let bench = try await filled(3)
    try runSuccessfully("/bin/mv", [bench.target, bench.target + "2"])
    try runSuccessfully("/bin/cp", ["-a", bench.target + "2", bench.target])
    #expect(try await bench.convert().converted == ["present": 3])
    try delete(1, bench)
    #expect(try await bench.convert().converted == ["present": 2, "deleted": 1])
  }

  @Test func `mail of a foreign mbox is asked about as well, and its journal does not grow`()
    async throws
  {
    let bench = try ConvertBench()
    let source = bench.directory.file("mail.mbox")
    try writeFile(
      source,
      (0..<30).map {
        "From a@example.org Tue Nov 14 22:13:20 2023\nSubject: \($0)\n\ntext \($0)\n\n"
      }.joined())
    #expect(try await bench.convert(from: source).converted == ["transferred": 30])
    let before = try snapshot(bench.target, except: ["/.mailarc/lock"])
    #expect(try await bench.convert(from: source).converted == ["present": 30])
    #expect(changes(before, try snapshot(bench.target, except: ["/.mailarc/lock"])) == [])
    try delete(30, bench, "mail")
    #expect(try await bench.convert(from: source).converted == ["questions": 1])
    #expect(try await bench.convert(from: source, accept: true).converted == ["deleted": 30])
    #expect(try await bench.convert(from: source).converted == ["deleted": 30])
    #expect(try await bench.convert(from: source, refetch: true).converted == ["transferred": 30])
  }
}
