import Glibc
import Mail
import Platform
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// What `status` tells of an archive that somebody changed.
@Suite(.requiresDovecot) struct StatusTests {
  private static func bench(
    _ layout: ArchiveIdentity.Layout
  ) async throws -> (PushBench, ArchiveHand) {
    let bench = try PushBench()
    for mailbox in ["Junk", "Work"] { try bench.source.plain.create(mailbox) }
    for index in 0..<6 { try bench.source.append("m\(index)", flags: ["\\Seen"]) }
    for index in 0..<3 { try bench.source.append("w\(index)", to: "Work") }
    try bench.source.append("j", to: "Junk")
    try await bench.pull(layout: layout)
    return (bench, ArchiveHand(archive: bench.archive, layout: layout))
  }

  private static func status(_ bench: PushBench, full: Bool = false) throws -> ArchiveStatus {
    try StatusArchive(path: bench.archive, full: full, interruption: try Interruption()).run()
  }

  @Test(arguments: ArchiveIdentity.Layout.allCases)
  func `it tells what was changed since the last pull, and only that`(
    _ layout: ArchiveIdentity.Layout
  ) async throws {
    let (bench, hand) = try await Self.bench(layout)
    #expect(try Self.status(bench).words == [])
    #expect(try Self.status(bench).exitStatus == .done)
    try hand.delete(["m0"])
    try hand.move("m1", to: "Work")
    try hand.flag("m2", "FS")
    try hand.add("new", to: "Work", flags: "S")
    try hand.rename("Junk", to: "Spam")
    let expected = [
      "INBOX deleted", "INBOX flags +\\Flagged", "Spam mailbox-renamed from Junk",
      "Work added", "Work moved from INBOX",
    ]
    #expect(try Self.status(bench).words == expected)
    #expect(try Self.status(bench, full: true).words == expected)
    #expect(try Self.status(bench).exitStatus == .findings)
    try await bench.pull()
    #expect(try Self.status(bench).words == [])
    // Changes of changes.
    try hand.move("m1", from: "Work", to: "INBOX")
    try hand.flag("m2", "S")
    try hand.delete(["new"], from: "Work")
    let words = try Self.status(bench).words
    #expect(words == ["INBOX moved from Work", "INBOX flags -\\Flagged", "Work deleted"])
    try await bench.pull()
    #expect(try Self.status(bench).words == [])
  }

  @Test func `copies, edits and files under other names are told apart`() async throws {
    let (bench, _) = try await Self.bench(.maildir)
    let cur = bench.archive + "/INBOX/cur/"
    func name(_ subject: String) throws -> String {
      String(try #require(try bench.file(subject).split(separator: "/").last))
    }
    let copied = try name("m0")
    try writeFile(bench.archive + "/Work/cur/" + copied, try readFile(cur + copied))
    let longer = try name("m1")
    try writeFile(cur + longer, try readFile(cur + longer) + "More.\n")
    let sameLength = try name("m2")
    try writeFile(
      cur + sameLength, try readFile(cur + sameLength).replacing("Text of", with: "Next of"))
    try renameFile(cur, try name("m3"), "12345.kmail:2,S")
    #expect(
      try Self.status(bench).words == [
        "INBOX edited", "INBOX renamed", "Work copied from INBOX",
      ])
    #expect(
      try Self.status(bench, full: true).words == [
        "INBOX edited", "INBOX edited", "INBOX renamed", "Work copied from INBOX",
      ])
  }

  @Test func `mailboxes that were made and removed are told`() async throws {
    let (bench, hand) = try await Self.bench(.maildir)
    #expect(rename(hand.path("Work"), bench.archive + "-away") == 0)
    for part in ["", "/cur", "/new", "/tmp"] { mkdir(hand.path("Mine") + part, 0o700) }
    #expect(
      try Self.status(bench).words == [
        "Mine mailbox-created", "Work mailbox-removed", "Work deleted", "Work deleted",
        "Work deleted",
      ])
  }

  @Test func `a large disappearance stays told while its question is open`() async throws {
    let bench = try PushBench()
    let subjects = (0..<30).map { "m\($0)" }
    for subject in subjects { try bench.source.append(subject) }
    try await bench.pull()
    try ArchiveHand(archive: bench.archive, layout: .maildir).delete(Array(subjects[..<25]))
    try bench.source.append("another")
    let report = try await bench.source.pull()
    #expect(report.questions.count == 1)
    #expect(try Self.status(bench).words.count == 25)
    #expect(try Self.status(bench).source?.outstanding.count == 1)
    try await bench.source.pull(accept: true)
    #expect(try Self.status(bench).words == [])
    #expect(try Self.status(bench).source?.outstanding == [])
  }

  @Test func `without what the last pull saw, what was pulled has to do`() async throws {
    let (bench, hand) = try await Self.bench(.maildir)
    try hand.delete(["m0"])
    unlink(bench.archive + "/.mailarc/seen")
    #expect(try Self.status(bench).words == ["INBOX deleted"])
    try writeFile(bench.archive + "/.mailarc/seen", "nonsense\n")
    #expect(try Self.status(bench).words == ["INBOX deleted"])
  }

  @Test(arguments: [ArchiveIdentity.Layout.maildir, .mbox])
  func `it foretells what a push does`(_ layout: ArchiveIdentity.Layout) async throws {
    let (bench, hand) = try await Self.bench(layout)
    _ = try await bench.push()
    #expect(try Self.status(bench).pushes == [])
    #expect(try Self.status(bench).exitStatus == .done)
    try hand.delete(["m0"])
    try hand.move("m1", to: "Work")
    try hand.flag("m2", "FS")
    try hand.add("new", to: "Work")
    try bench.expunge(["m5"])
    #expect(
      try Self.status(bench).pushes == [
        "INBOX flags 1 staying 1", "Work append 1 move 1",
      ])
    let report = try await bench.push()
    #expect(
      report.pushed == ["transferred": 1, "flags": 1, "present": 8, "gone": 1])
    // What is gone on the target, the archive can't know before.
    #expect(try Self.status(bench).pushes == ["INBOX staying 1 gone 1"])
    #expect(try Self.status(bench).targets.map(\.isWork) == [false])
  }

  @Test func `nothing is written, and no server asked`() async throws {
    let (bench, hand) = try await Self.bench(.maildir)
    _ = try await bench.push()
    try hand.delete(["m0"])
    let before = try snapshot(bench.archive, except: [])
    let lines = try bench.transcript().count
    _ = try Self.status(bench, full: true)
    #expect(changes(before, try snapshot(bench.archive, except: [])) == [])
    #expect(try bench.transcript().count == lines)
  }

  @Test func `what the last run left is told`() async throws {
    let bench = try await PushBench.holding(["a", "b"])
    let killed = try runProcess(
      builtProgram("mailarc"), bench.arguments(),
      environment: [
        "MAILARC_KILL_AT_STEP": "1",
        "MAILARC_KILL_AT_POINT": "push: after the last byte of a batch",
      ])
    #expect(killed.ending == .killed(signal: SIGKILL))
    let status = try Self.status(bench)
    let target = try #require(status.targets.first)
    #expect(target.account.isInterrupted)
    #expect(
      target.account.outstanding.map(\.text)
        == ["2 messages were on the way when a run broke off"])
    #expect(status.exitStatus == .findings)
    try await bench.push()
    #expect(try Self.status(bench).exitStatus == .done)
  }
}

extension StatusTests {
  @Test(arguments: [true, false])
  func `what was done by hand to messages that the source moved is no news after the pull`(
    _ movesMailbox: Bool
  ) async throws {
    let bench = try PushBench()
    for mailbox in ["A", "B"] { try bench.source.plain.create(mailbox) }
    for index in 0..<4 { try bench.source.append("m\(index)", to: "A") }
    try bench.source.append("b", to: "B")
    try await bench.pull()
    let hand = ArchiveHand(archive: bench.archive, layout: .maildir)
    try hand.flag("m1", "F", in: "A")
    try hand.move("m2", from: "A", to: "B")
    try await bench.pull()
    if movesMailbox {
      try bench.source.plain.command("RENAME A R")
    } else {
      try bench.source.plain.select("A")
      try bench.source.plain.command("MOVE 2:3 B")
    }
    try await bench.pull()
    let status = try StatusArchive(
      path: bench.archive, full: false, interruption: try Interruption()
    ).run()
    #expect(status.changes.map(\.kind) == [])
  }

  @Test func `what the target refused is told`() async throws {
    let bench = try await PushBench.dropping(["a", "bad"])
    let server = try FakeTarget(FakeTarget.Behaviour.noExtras) {
      $0.append = { append in
        append.messages.contains { $0.subject == "bad" }
          ? .say("NO [CANNOT] not with me", keep: 0) : .store
      }
    }
    _ = try await bench.push(to: server)
    let status = try StatusArchive(
      path: bench.archive, full: false, interruption: try Interruption()
    ).run()
    let texts = status.targets.flatMap(\.account.outstanding).map(\.text)
    #expect(texts.count == 1)
    #expect(texts.first?.hasPrefix("1 message not taken: the server refused it: ") == true)
    #expect(texts.first?.contains("not with me") == true)
  }
}

extension ArchiveStatus {
  var words: [String] {
    changes.map { change in
      ([change.mailbox.description, change.kind.rawValue]
        + (change.from.map { ["from \($0)"] } ?? [])
        + change.flagsAdded.imapNames.map { "+" + $0 }
        + change.flagsRemoved.imapNames.map { "-" + $0 }).joined(separator: " ")
    }
  }

  fileprivate var pushes: [String] {
    targets.flatMap(\.mailboxes).map { plan in
      let counts = [
        ("append", plan.toSend), ("move", plan.moved), ("flags", plan.flags),
        ("staying", plan.staying), ("gone", plan.gone), ("refused", plan.refused),
      ]
      return ([plan.mailbox.description] + counts.filter { $0.1 > 0 }.map { "\($0) \($1)" })
        .joined(separator: " ")
    }
  }
}
