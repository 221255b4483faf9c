import Glibc
import Mail
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// A pull keeps its promises in every layout.
@Suite(.requiresDovecot, .requiresPython) struct PullLayoutTests {
  typealias Layout = ArchiveIdentity.Layout

  private func filled(_ count: Int, _ layout: Layout) async throws -> (PullBench, ArchiveHand) {
    let bench = try PullBench()
    try bench.plain.create("Work")
    for index in 0..<count { try bench.append("m\(index)", flags: ["\\Seen", "Key"]) }
    // With the keyword, so that its letter means the same to other programs in both mailboxes.
    try bench.append("w", to: "Work", flags: ["Key"])
    #expect(try await bench.pull(layout: layout).sums == ["transferred": count + 1])
    return (bench, ArchiveHand(archive: bench.archive, layout: layout))
  }

  private func expectNothingToDo(_ bench: PullBench, deleted: Int = 0) async throws {
    let before = try snapshot(bench.archive, except: ["/.mailarc"])
    let sums = try await bench.pull().sums
    #expect(sums == [:] || sums == ["deleted": deleted])
    #expect(changes(before, try snapshot(bench.archive, except: ["/.mailarc"])) == [])
  }

  @Test(arguments: Layout.allCases)
  func `a second run moves nothing and writes nothing but its log`(_ layout: Layout) async throws {
    let bench = try PullBench()
    for name in ["Work", "Work/2024", "Empty"] { try bench.plain.create(name) }
    let all = MailboxFixture.ordinary + MailboxFixture.unusual
    for message in all {
      try bench.plain.append(message.body, to: "INBOX", flags: message.flags, date: message.date)
    }
    for name in ["Work", "Work/2024"] { try bench.append(name, to: name) }
    #expect(try await bench.pull(layout: layout).sums == ["transferred": all.count + 2])
    let written: Set = ["/.mailarc/pull/runs.journal", "/.mailarc/lock"]
    let before = try snapshot(bench.archive, except: written)
    let report = try await bench.pull()
    #expect(report.sums == [:])
    #expect(report.mailboxes.allSatisfy { $0.skipped })
    #expect(changes(before, try snapshot(bench.archive, except: written)) == [])
    // Nor where the mailboxes are looked at again.
    try runSuccessfully("/bin/rm", [bench.archive + "/.mailarc/pull/states.journal"])
    try await expectNothingToDo(bench)
    #expect(try bench.view().mailboxes == ["Empty", "INBOX", "Work", "Work/2024"])
  }

  @Test(arguments: Layout.allCases)
  func `flags that changed on both sides are merged`(_ layout: Layout) async throws {
    let bench = try PullBench()
    for name in ["before", "m", "behind"] {
      try bench.append(name, flags: ["\\Seen", "\\Flagged", "Old", "Stays"])
    }
    try await bench.pull(layout: layout)
    let hand = ArchiveHand(archive: bench.archive, layout: layout, overwrites: true)
    // By hand: \Seen off, \Answered on. At the source: \Flagged and Old off, \Draft and others on.
    try hand.flag("m", "FR")
    #expect(
      try bench.view().message("m").flags == ["\\answered", "\\flagged", "old", "stays"])
    let new = (0..<12).map { "NewKeyword\($0)" }
    try bench.plain.select("INBOX")
    try bench.plain.store("2", "-FLAGS (\\Flagged Old)")
    try bench.plain.store("2", "+FLAGS (\\Draft \(new.joined(separator: " ")))")
    #expect(try await bench.pull().sums == ["flags": 1])
    let merged = Set(["\\answered", "\\draft", "stays"] + new.map { $0.lowercased() })
    #expect(try bench.view().message("m").flags == merged)
    for name in ["before", "behind"] {
      let message = try bench.view().message(name)
      #expect(message.flags == ["\\seen", "\\flagged", "old", "stays"])
      #expect(message.body == PullBench.message(name))
    }
    #expect(try bench.view().message("m").body == PullBench.message("m"))
    try await expectNothingToDo(bench)
  }

  @Test(arguments: Layout.allCases, [false, true])
  func `what was deleted by hand is not fetched again, unless it is asked for`(
    _ layout: Layout, _ overwrites: Bool
  ) async throws {
    var (bench, hand) = try await filled(4, layout)
    hand.overwrites = overwrites
    try hand.delete(["m0", "m2"])
    try bench.append("new")
    #expect(try await bench.pull().sums == ["transferred": 1, "deleted": 2])
    #expect(try bench.view().subjects == ["INBOX: m1", "INBOX: m3", "INBOX: new", "Work: w"])
    // It does not come back with a move at the source either.
    try bench.plain.select("INBOX")
    try bench.plain.move("1", to: "Work")
    try await bench.pull()
    #expect(try bench.view().subjects == ["INBOX: m1", "INBOX: m3", "INBOX: new", "Work: w"])
    #expect(try await bench.pull(refetch: true).sums == ["transferred": 2])
    #expect(
      try bench.view().subjects == [
        "INBOX: m1", "INBOX: m2", "INBOX: m3", "INBOX: new", "Work: m0", "Work: w",
      ])
    try await expectNothingToDo(bench)
  }

  @Test(arguments: Layout.allCases)
  func `what was moved by hand stays, and its flags still follow`(_ layout: Layout) async throws {
    let (bench, hand) = try await filled(3, layout)
    try hand.move("m1", to: "Work")
    try bench.plain.select("INBOX")
    try bench.plain.store("2", "+FLAGS (\\Flagged Key2)")
    try bench.append("new")
    #expect(try await bench.pull().sums == ["transferred": 1, "flags": 1])
    let expected = ["INBOX: m0", "INBOX: m2", "INBOX: new", "Work: m1", "Work: w"]
    #expect(try bench.view().subjects == expected)
    #expect(try bench.view().message("m1").flags == ["\\flagged", "\\seen", "key", "key2"])
    // Also when the source moves it elsewhere.
    try bench.plain.create("Else")
    try bench.plain.move("2", to: "Else")
    try await bench.pull()
    #expect(try bench.view().subjects == expected)
    try bench.plain.select("Else")
    try bench.plain.store("1", "+FLAGS (\\Draft)")
    #expect(try await bench.pull().sums == ["flags": 1])
    #expect(try bench.view().message("m1").flags.contains("\\draft"))
    try await expectNothingToDo(bench)
  }

  @Test(arguments: Layout.allCases)
  func `new mail follows a mailbox that was renamed`(_ layout: Layout) async throws {
    let (bench, hand) = try await filled(1, layout)
    try hand.rename("Work", to: "Business")
    for name in ["x", "y"] {
      try bench.append(name, to: "Work")
      #expect(try await bench.pull().sums == ["transferred": 1])
    }
    #expect(
      try bench.view().subjects == ["Business: w", "Business: x", "Business: y", "INBOX: m0"])
    #expect(try bench.view().mailboxes == ["Business", "INBOX"])
    try await expectNothingToDo(bench)
  }

  @Test(arguments: Layout.allCases, [true, false])
  func `a mailbox keeps the name it got by hand when the source renames it`(
    _ layout: Layout, isSeen: Bool
  ) async throws {
    let (bench, hand) = try await filled(1, layout)
    try bench.append("w2", to: "Work")
    try await bench.pull()
    try hand.rename("Work", to: "Business")
    // Whether a run has seen the name before the source has another one.
    if isSeen {
      try bench.append("x", to: "Work")
      try await bench.pull()
    }
    try bench.plain.command("RENAME Work New")
    #expect(try await bench.pull().sums["moved"] == (isSeen ? 3 : 2))
    let all = ["Business: w", "Business: w2"] + (isSeen ? ["Business: x"] : [])
    #expect(try bench.view().subjects == all + ["INBOX: m0"])
    #expect(try bench.view().mailboxes == ["Business", "INBOX"])
    try await expectNothingToDo(bench)
    // Flags and new mail follow it under both names.
    try bench.append("y", to: "New")
    try bench.plain.select("New")
    try bench.plain.store("1", "+FLAGS (\\Flagged)")
    #expect(try await bench.pull().sums == ["transferred": 1, "flags": 1])
    #expect(try bench.view().subjects == all + ["Business: y", "INBOX: m0"])
    #expect(try bench.view().message("w").flags.contains("\\flagged"))
    try await expectNothingToDo(bench)
    #expect(try runProcess(builtProgram("mailarc"), ["verify", bench.archive]).status == 0)
  }

  @Test(arguments: Layout.allCases)
  func `a mailbox that was deleted is a question, and then stays away`(
    _ layout: Layout
  ) async throws {
    let (bench, hand) = try await filled(1, layout)
    try runSuccessfully("/bin/rm", ["-r", hand.path("Work")])
    try bench.append("new")
    #expect(try await bench.pull().sums == ["transferred": 1, "questions": 1])
    #expect(try await bench.pull(accept: true).sums == ["deleted": 1])
    #expect(try await bench.pull().sums == [:])
    #expect(try bench.view().mailboxes == ["INBOX"])
  }

  @Test(arguments: Layout.allCases)
  func `moves and renamed mailboxes of the source are followed`(_ layout: Layout) async throws {
    let bench = try PullBench()
    for name in ["Work", "Old", "Old/Sub"] { try bench.plain.create(name) }
    for name in ["stays", "moves", "twin", "twin"] { try bench.append(name, flags: ["\\Seen"]) }
    try bench.append("a", to: "Old", flags: ["Key"])
    try bench.append("b", to: "Old/Sub")
    try await bench.pull(layout: layout)
    let hand = ArchiveHand(archive: bench.archive, layout: layout)
    try hand.flag("moves", "FS")
    try bench.plain.select("INBOX")
    try bench.plain.move("2:3", to: "Work")
    try bench.plain.command("RENAME Old New")
    #expect(try await bench.pull().sums == ["transferred": 4, "moved": 4])
    #expect(
      try bench.view().subjects == [
        "INBOX: stays", "INBOX: twin", "New/Sub: b", "New: a", "Work: moves", "Work: twin",
      ])
    #expect(try bench.view().message("moves").flags == ["\\flagged", "\\seen"])
    #expect(try bench.view().mailboxes == ["INBOX", "New", "New/Sub", "Work"])
    #expect(access(hand.path("Old"), F_OK) != 0)
    #expect(access(bench.archive + "/Old", F_OK) != 0)
    try await expectNothingToDo(bench)
  }

  @Test(arguments: Layout.allCases)
  func `what is expunged at the source is kept`(_ layout: Layout) async throws {
    let (bench, _) = try await filled(2, layout)
    try bench.plain.select("INBOX")
    try bench.plain.store("1", "+FLAGS (\\Deleted)")
    try bench.plain.expunge()
    let before = try snapshot(bench.archive, except: ["/.mailarc"])
    #expect(try await bench.pull().sums == ["gone": 1])
    #expect(changes(before, try snapshot(bench.archive, except: ["/.mailarc"])) == [])
    try await expectNothingToDo(bench)
  }

  @Test(arguments: Layout.allCases)
  func `a new UIDVALIDITY costs no copy and undoes nothing that was done by hand`(
    _ layout: Layout
  ) async throws {
    let bench = try SourceBench { state in
      state.mailboxes = ["INBOX": .init(messages: SourceBench.messages(6)), "Other": .init()]
    }
    try await bench.pull(layout: layout)
    let hand = ArchiveHand(archive: bench.archive, layout: layout)
    try hand.delete(["m1"])
    #expect(try await bench.pull().sums == ["deleted": 1])
    try hand.delete(["m2"])
    try hand.move("m3", to: "Other")
    let bodies = bench.server.lines.count { $0.contains("BODY.PEEK[]") }
    bench.server.change { state in
      state.mailboxes["INBOX"]?.uidValidity = 2
      for index in 0..<6 { state.mailboxes["INBOX"]?.messages[index].uid = UInt32(50 + index) }
      state.mailboxes["INBOX"]?.messages[4].flags = ["\\Flagged"]
    }
    #expect(try await bench.pull().sums == ["deleted": 2, "flags": 1])
    #expect(
      try bench.view().subjects == ["INBOX: m4", "INBOX: m5", "INBOX: m6", "Other: m3"])
    #expect(try bench.view().message("m5").flags == ["\\flagged"])
    #expect(try bench.view().messages.allSatisfy { $0.file.contains(".V2U5") })
    #expect(bench.server.lines.count { $0.contains("BODY.PEEK[]") } == bodies)
    #expect(try await bench.pull().sums == ["deleted": 2])
  }

  @Test(arguments: Layout.allCases)
  func `lost state costs no second copy`(_ layout: Layout) async throws {
    let (bench, hand) = try await filled(3, layout)
    try hand.add("foreign")
    try hand.move("m1", to: "Work")
    let before = try snapshot(bench.archive, except: ["/.mailarc"])
    try runSuccessfully("/bin/rm", ["-r", bench.archive + "/.mailarc/pull"])
    #expect(try await bench.pull(dryRun: true).sums == [:])
    #expect(try await bench.pull().sums == [:])
    #expect(changes(before, try snapshot(bench.archive, except: ["/.mailarc"])) == [])
    // All of it.
    try runSuccessfully("/bin/rm", ["-r", bench.archive + "/.mailarc"])
    #expect(try await bench.pull(layout: layout).sums == [:])
    #expect(changes(before, try snapshot(bench.archive, except: ["/.mailarc"])) == [])
    #expect(
      try bench.view().subjects == [
        "INBOX: foreign", "INBOX: m0", "INBOX: m2", "Work: m1", "Work: w",
      ])
  }

  @Test(arguments: Layout.allCases)
  func `mail of another program stays among what comes`(_ layout: Layout) async throws {
    let (bench, hand) = try await filled(2, layout)
    try hand.add("foreign", flags: "RF")
    try bench.append("new")
    try bench.plain.select("INBOX")
    try bench.plain.store("1", "-FLAGS (\\Seen)")
    #expect(try await bench.pull().sums == ["transferred": 1, "flags": 1])
    #expect(
      try bench.view().subjects == [
        "INBOX: foreign", "INBOX: m0", "INBOX: m1", "INBOX: new", "Work: w",
      ])
    let foreign = try bench.view().message("foreign")
    #expect(foreign.flags == ["\\seen", "\\flagged"])
    #expect(foreign.body == PullBench.message("foreign"))
    #expect(foreign.date == 1_600_000_000)
    try await expectNothingToDo(bench)
  }

  @Test(arguments: [
    (Layout.mbox, "mbox: before the rewrite"),
    (.mboxGzip, "mbox: before the new file gets its name"),
  ])
  func `flags of a thousand messages are one rewrite of their mbox`(
    _ layout: Layout, _ point: String
  ) async throws {
    let bench = try PullBench()
    for index in 0..<1000 { try bench.append("m\(index)") }
    try await bench.pull(layout: layout)
    try bench.plain.select("INBOX")
    let keywords = (0..<8).map { "LongKeyword\($0)" }.joined(separator: " ")
    try bench.plain.store("1:*", "+FLAGS (\(keywords))")
    // Were there a second one, it would die.
    let result = try bench.run(environment: [
      "MAILARC_KILL_AT_STEP": "2", "MAILARC_KILL_AT_POINT": point,
    ])
    #expect(result.status == 0, "\(result.errors)")
    #expect(try bench.view().messages.allSatisfy { $0.flags.count == 8 })
  }

  @Test func `hand edits of many messages that the source moves cost few rewrites`() async throws {
    let bench = try PullBench()
    for name in ["Work", "Else"] { try bench.plain.create(name) }
    for index in 0..<30 { try bench.append("m\(index)") }
    try await bench.pull(layout: .mbox)
    let hand = ArchiveHand(archive: bench.archive, layout: .mbox)
    try hand.delete((0..<15).map { "m\($0)" })
    for index in 15..<30 { try hand.move("m\(index)", to: "Work") }
    try bench.append("new")
    #expect(try await bench.pull().sums == ["transferred": 1, "deleted": 15])
    try bench.plain.select("INBOX")
    try bench.plain.move("1:30", to: "Else")
    let result = try bench.run(environment: [
      "MAILARC_KILL_AT_STEP": "5", "MAILARC_KILL_AT_POINT": "mbox: before the rewrite",
    ])
    #expect(result.status == 0, "\(result.errors)")
    #expect(
      try bench.view().subjects == ["INBOX: new"] + (15..<30).map { "Work: m\($0)" })
    try bench.plain.select("Else")
    try bench.plain.store("1:*", "+FLAGS (\\Seen)")
    #expect(try await bench.pull().sums == ["flags": 15, "deleted": 15])
  }

  @Test func `an mbox that somebody has locked keeps only its own moves waiting`() async throws {
    let bench = try PullBench()
    for name in ["Aim", "Other"] { try bench.plain.create(name) }
    for name in ["moves", "stays"] { try bench.append(name) }
    try bench.append("follows", to: "Other")
    try await bench.pull(layout: .mbox)
    try bench.plain.select("INBOX")
    try bench.plain.move("1", to: "Aim")
    try bench.plain.select("Other")
    try bench.plain.move("1", to: "Aim")
    let lock = ArchiveHand(archive: bench.archive, layout: .mbox).path("INBOX") + ".lock"
    try writeFile(lock, "")
    let result = try bench.run(environment: ["MAILARC_LOCK_SECONDS": "0.05"])
    #expect(result.status != 0)
    #expect((result.output + result.errors).contains(lock))
    unlink(lock)
    #expect(
      try bench.view().subjects == ["Aim: follows", "Aim: moves", "INBOX: moves", "INBOX: stays"])
    #expect(try await bench.pull().sums == ["moved": 1])
    #expect(try bench.view().subjects == ["Aim: follows", "Aim: moves", "INBOX: stays"])
    try await expectNothingToDo(bench)
  }
}
