import Glibc
import Mail
import TestSupport
import Testing

@testable import Pipeline

/// What a later pull does when nothing changed, or something at the source.
@Suite(.requiresDovecot) struct PullAgainTests {
  @Test func `a second run moves nothing and writes nothing but its log`() async throws {
    let bench = try PullBench()
    try bench.plain.create("Work")
    for index in 0..<5 { try bench.append("m\(index)", flags: ["\\Seen", "Key"]) }
    try bench.append("w", to: "Work")
    try await bench.pull()
    let written: Set = ["/.mailarc/pull/runs.journal", "/.mailarc/lock"]
    let before = try snapshot(bench.archive, except: written)
    let lines = try bench.server.transcript(of: bench.user).count
    let report = try await bench.pull()
    #expect(report.sums == [:])
    #expect(report.mailboxes.map(\.alreadyPresent) == [5, 1])
    #expect(report.mailboxes.map(\.skipped) == [true, true])
    #expect(changes(before, try snapshot(bench.archive, except: written)) == [])
    // One LIST tells all of it.
    let more = try bench.server.transcript(of: bench.user).dropFirst(lines)
    #expect(!more.contains { $0.contains("EXAMINE") || $0.contains("FETCH") })
  }

  @Test func `the program says that nothing was to do`() throws {
    let bench = try PullBench()
    try bench.append("m")
    #expect(try bench.run().status == 0)
    let again = try bench.run()
    #expect(again.status == 0)
    #expect(again.output.contains("Nothing to do"), "\(again.output)")
  }

  @Test func `a new message comes`() async throws {
    let bench = try PullBench()
    try bench.append("one")
    try await bench.pull()
    try bench.append("two")
    #expect(try await bench.pull().sums == ["transferred": 1])
    #expect(try bench.view().subjects == ["INBOX: one", "INBOX: two"])
  }

  @Test func `flags that changed on both sides are merged`() async throws {
    let bench = try PullBench()
    try bench.append("m", flags: ["\\Seen", "\\Flagged", "Old", "Stays"])
    try await bench.pull()
    // By hand: \Seen off, \Answered on. At the source: \Flagged and Old off, \Draft and New on.
    let file = try bench.view().message("m").file
    let letters = file.split(separator: ":2,")[1]
    try renameFile(
      bench.archive + "/INBOX/cur/", file,
      file.replacing(":2,\(letters)", with: ":2,R" + letters.replacing("S", with: "")))
    try bench.plain.select("INBOX")
    try bench.plain.store("1", "-FLAGS (\\Flagged Old)")
    try bench.plain.store("1", "+FLAGS (\\Draft New)")
    #expect(try await bench.pull().sums == ["flags": 1])
    #expect(
      try bench.view().message("m").flags == ["\\answered", "\\draft", "new", "stays"])
    #expect(try await bench.pull().sums == [:])
  }

  @Test func `a message moved at the source is moved, with the flags it got by hand`() async throws
  {
    let bench = try PullBench()
    try bench.plain.create("Work")
    for name in ["stays", "moves", "twin", "twin"] { try bench.append(name, flags: ["\\Seen"]) }
    try await bench.pull()
    let file = try bench.view().message("moves").file
    try renameFile(
      bench.archive + "/INBOX/cur/", file, file.replacing(":2,S", with: ":2,FS"))
    try bench.plain.select("INBOX")
    try bench.plain.move("2:3", to: "Work")
    #expect(try await bench.pull().sums == ["transferred": 2, "moved": 2])
    #expect(
      try bench.view().subjects == ["INBOX: stays", "INBOX: twin", "Work: moves", "Work: twin"])
    #expect(try bench.view().message("moves").flags == ["\\flagged", "\\seen"])
    #expect(try await bench.pull().sums == [:])
  }

  @Test func `what is gone at the source is kept`() async throws {
    let bench = try PullBench()
    try bench.append("one")
    try bench.append("two")
    try await bench.pull()
    try bench.plain.select("INBOX")
    try bench.plain.store("1", "+FLAGS (\\Deleted)")
    try bench.plain.expunge()
    #expect(try await bench.pull().sums == ["gone": 1])
    #expect(try bench.view().subjects == ["INBOX: one", "INBOX: two"])
    // It was told once; and what comes later is no longer taken for it.
    try bench.plain.create("Later")
    try bench.append("one", to: "Later")
    #expect(try await bench.pull().sums == ["transferred": 1])
    #expect(try bench.view().subjects == ["INBOX: one", "INBOX: two", "Later: one"])
  }

  @Test func `a mailbox renamed at the source leaves no empty shell behind`() async throws {
    let bench = try PullBench()
    try bench.plain.create("Old")
    try bench.plain.create("Old/Sub")
    for name in ["a", "b"] { try bench.append(name, to: "Old", flags: ["Key"]) }
    try bench.append("c", to: "Old/Sub")
    try await bench.pull()
    try bench.plain.command("RENAME Old New")
    let report = try await bench.pull()
    #expect(report.sums == ["transferred": 3, "moved": 3])
    #expect(try bench.view().subjects == ["New/Sub: c", "New: a", "New: b"])
    #expect(try bench.view().mailboxes == ["INBOX", "New", "New/Sub"])
    #expect(access(bench.archive + "/Old", F_OK) != 0)
    #expect(try await bench.pull().sums == [:])
  }

  @Test func `a renamed mailbox keeps what does not belong to the move`() async throws {
    let bench = try PullBench()
    try bench.plain.create("Old")
    try bench.append("a", to: "Old")
    try await bench.pull()
    try writeFile(bench.archive + "/Old/cur/mine:2,", "Subject: mine\n\nput here by hand\n")
    try bench.plain.command("RENAME Old New")
    #expect(try await bench.pull().sums == ["transferred": 1, "moved": 1])
    #expect(try bench.view().subjects == ["New: a", "Old: mine"])
  }

  @Test func `a mailbox that is deleted at the source is kept, and told once`() async throws {
    let bench = try PullBench()
    try bench.plain.create("Old")
    try bench.append("a", to: "Old")
    try await bench.pull()
    try bench.plain.command("DELETE Old")
    #expect(try await bench.pull().sums == ["gone": 1])
    #expect(try bench.view().subjects == ["Old: a"])
    #expect(try await bench.pull().sums == [:])
    #expect(try bench.view().subjects == ["Old: a"])
  }
}

func renameFile(_ directory: String, _ old: String, _ new: String) throws {
  guard rename(directory + old, directory + new) == 0 else {
    throw TestSystemError("rename", directory + old)
  }
}
