import Glibc
import Mail
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// A push keeps its promises in every layout.
@Suite(.requiresDovecot, .requiresPython) struct PushLayoutTests {
  typealias Layout = ArchiveIdentity.Layout

  private func bench(_ layout: Layout) async throws -> (PushBench, ArchiveHand) {
    let bench = try PushBench()
    try bench.source.plain.create("Work")
    for subject in ["a", "b", "c"] {
      try bench.source.append(subject, flags: ["\\Seen", "Old"])
    }
    try bench.source.append("w", to: "Work")
    try await bench.pull(layout: layout)
    return (bench, ArchiveHand(archive: bench.archive, layout: layout))
  }

  @Test(arguments: Layout.allCases)
  func `everything arrives as it was, and a second run moves nothing`(
    _ layout: Layout
  ) async throws {
    let bench = try PushBench()
    let names = ["Work", "Work/2024", "Sent", "&ZeVnLIqe-", "with space", "cur", "Caf&AOk-"]
    for name in names { try bench.source.plain.create(name) }
    try bench.source.plain.subscribe("Work")
    let all = MailboxFixture.ordinary + MailboxFixture.unusual
    for (index, name) in (["INBOX"] + names.dropLast()).enumerated() {
      for message in index == 0 ? all[...] : all[index..<index + 3] {
        try bench.source.plain.append(
          message.body, to: name, flags: message.flags, date: message.date)
      }
    }
    try await bench.pull(layout: layout)
    let before = try snapshot(bench.archive, except: ["/.mailarc"])
    let report = try await bench.push()
    #expect(report.exitStatus == .done)
    #expect(report.notices.isEmpty)
    let source = try bench.source.plain.account()
    let count = source.mailboxes.values.reduce(0) { $0 + $1.messages.count }
    #expect(report.pushed == ["transferred": count])
    let target = try bench.plain.account()
    #expect(source.differences(from: target) == [])
    for full in [false, true] {
      #expect(try await bench.push { $0.full = full }.pushed == ["present": count])
    }
    #expect(try bench.plain.account() == target)
    #expect(changes(before, try snapshot(bench.archive, except: ["/.mailarc"])) == [])
  }

  @Test(arguments: Layout.allCases)
  func `flags changed in the archive arrive as deltas`(_ layout: Layout) async throws {
    var (bench, hand) = try await bench(layout)
    hand.overwrites = true
    try await bench.push()
    try bench.plain.select("INBOX")
    try bench.plain.store("2", "+FLAGS (Theirs \\Answered)")
    // Seen goes, Draft comes.
    try hand.flag("b", "D")
    #expect(try await bench.push().pushed == ["present": 4, "flags": 1])
    #expect(try bench.message("b").flags == ["\\answered", "\\draft", "theirs", "old"])
    #expect(try bench.message("a").flags == ["\\seen", "old"])
    let lines = try bench.transcript().filter { $0.contains(" STORE ") }
    #expect(lines.count == 2)
    #expect(lines.allSatisfy { $0.contains(" +FLAGS") || $0.contains(" -FLAGS") })
    #expect(try await bench.push().pushed == ["present": 4])
  }

  @Test(arguments: Layout.allCases)
  func `what was moved in the archive is moved on the target`(_ layout: Layout) async throws {
    let (bench, hand) = try await bench(layout)
    try await bench.push()
    try hand.move("b", to: "Work")
    let appends = try bench.transcript().count { $0.contains(" APPEND ") }
    let report = try await bench.push()
    #expect(report.mailboxes.reduce(0) { $0 + $1.moved } == 1)
    #expect(report.exitStatus == .done)
    #expect(try bench.subjects() == ["a", "c"])
    #expect(try bench.subjects("Work") == ["w", "b"])
    #expect(try bench.message("b", in: "Work").flags == ["\\seen", "old"])
    #expect(try bench.transcript().count { $0.contains(" APPEND ") } == appends)
    #expect(try await bench.push().pushed == ["present": 4])
  }

  @Test(arguments: Layout.allCases)
  func `mail that another program added is pushed once`(_ layout: Layout) async throws {
    let (bench, hand) = try await bench(layout)
    try await bench.push()
    try hand.add("foreign", flags: "RF")
    #expect(try await bench.push().pushed == ["transferred": 1, "present": 4])
    #expect(try bench.subjects() == ["a", "b", "c", "foreign"])
    let foreign = try bench.message("foreign")
    #expect(foreign.flags == ["\\seen", "\\flagged"])
    #expect(foreign.date == 1_600_000_000)
    #expect(foreign.body == PullBench.message("foreign"))
    // It stays the same one beside what is pulled later.
    try bench.source.append("new")
    try bench.source.plain.select("INBOX")
    try bench.source.plain.store("1", "+FLAGS (\(String(repeating: "k", count: 45)))")
    try await bench.pull()
    #expect(try await bench.push().pushed == ["transferred": 1, "present": 5, "flags": 1])
    #expect(try bench.subjects() == ["a", "b", "c", "foreign", "new"])
    #expect(try await bench.push { $0.full = true }.pushed == ["present": 6])
  }

  @Test(arguments: Layout.allCases)
  func `many keywords arrive, and stay with a message that is moved by hand`(
    _ layout: Layout
  ) async throws {
    let (bench, hand) = try await bench(layout)
    let keywords = (0..<40).map { "k\($0)" }
    try bench.source.append("many", flags: keywords)
    try await bench.pull()
    let server = try FakeTarget(FakeTarget.Behaviour.all + " MOVE")
    #expect(try await bench.push { $0.port = server.port }.pushed == ["transferred": 5])
    let sent = try #require(server.messages().first { $0.subject == "many" })
    #expect(Set(sent.flags) == Set(keywords))
    try hand.move("many", to: "Work")
    #expect(try await bench.push { $0.port = server.port }.pushed["flags"] == nil)
    // Nor does a later pull lose them, as it merges another one, or follows a move at the source.
    try bench.source.plain.select("INBOX")
    try bench.source.plain.store("4", "+FLAGS (\\Flagged Another)")
    #expect(try await bench.source.pull().sums == ["flags": 1])
    try await bench.push { $0.port = server.port }
    func there() throws -> Set<String> {
      Set(try #require(server.messages("Work").first { $0.subject == "many" }).flags)
    }
    #expect(try there() == Set(keywords + ["\\Flagged", "Another"]))
    try bench.source.plain.create("Else")
    try bench.source.plain.move("4", to: "Else")
    try await bench.source.pull()
    #expect(try await bench.push { $0.port = server.port }.pushed["transferred"] == nil)
    #expect(try there() == Set(keywords + ["\\Flagged", "Another"]))
    #expect(server.subjects("Else").isEmpty)
    #expect(!server.lines.contains { $0.contains("-FLAGS") })
  }

  @Test(arguments: Layout.allCases)
  func `what was deleted in the archive stays on the target, and lost state sends nothing twice`(
    _ layout: Layout
  ) async throws {
    let (bench, hand) = try await bench(layout)
    try await bench.push()
    try hand.delete(["a"])
    #expect(try await bench.push().pushed["transferred"] == nil)
    #expect(try bench.subjects() == ["a", "b", "c"])
    try runSuccessfully("/bin/rm", ["-r", bench.archive + "/.mailarc/push"])
    #expect(try await bench.push().pushed["transferred"] == nil)
    #expect(try bench.subjects() == ["a", "b", "c"])
  }
}
