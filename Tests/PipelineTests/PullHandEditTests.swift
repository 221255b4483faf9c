import Glibc
import Mail
import TestSupport
import Testing

@testable import Pipeline

/// What somebody did in the archive by hand wins.
@Suite(.requiresDovecot) struct PullHandEditTests {
  private func filled(_ count: Int) async throws -> PullBench {
    let bench = try PullBench()
    try bench.plain.create("Work")
    for index in 0..<count { try bench.append("m\(index)") }
    try bench.append("w", to: "Work")
    try await bench.pull()
    return bench
  }

  private func delete(_ subjects: [String], _ bench: PullBench) throws {
    for message in try bench.view().messages where subjects.contains(message.subject) {
      unlink("\(bench.archive)/\(message.mailbox)/cur/\(message.file)")
    }
  }

  @Test func `what was deleted is not fetched again, unless it is asked for`() async throws {
    let bench = try await filled(3)
    try delete(["m1"], bench)
    try bench.append("new")
    #expect(try await bench.pull().sums == ["transferred": 1, "deleted": 1])
    #expect(try bench.view().subjects == ["INBOX: m0", "INBOX: m2", "INBOX: new", "Work: w"])
    try bench.append("newer")
    #expect(try await bench.pull().sums == ["transferred": 1, "deleted": 1])
    #expect(try await bench.pull(refetch: true).sums == ["transferred": 1])
    #expect(try bench.view().subjects.contains("INBOX: m1"))
    #expect(try await bench.pull().sums == [:])
  }

  @Test func `what was moved stays, and its flags still follow`() async throws {
    let bench = try await filled(2)
    let file = try bench.view().message("m0").file
    try move(bench, "INBOX/cur/" + file, "Work/cur/" + file)
    try bench.plain.select("INBOX")
    try bench.plain.store("1", "+FLAGS (\\Flagged Key)")
    try bench.append("new")
    #expect(try await bench.pull().sums == ["transferred": 1, "flags": 1])
    #expect(try bench.view().subjects == ["INBOX: m1", "INBOX: new", "Work: m0", "Work: w"])
    #expect(try bench.view().message("m0").flags == ["\\flagged", "key"])
  }

  @Test func `what was deleted does not come back when the source moves it`() async throws {
    let bench = try await filled(3)
    try delete(["m1"], bench)
    try bench.append("new")
    try await bench.pull()
    try bench.plain.select("INBOX")
    try bench.plain.move("2", to: "Work")
    try await bench.pull()
    #expect(try bench.view().subjects == ["INBOX: m0", "INBOX: m2", "INBOX: new", "Work: w"])
    try bench.append("newer", to: "Work")
    #expect(try await bench.pull().sums == ["transferred": 1, "deleted": 1])
  }

  @Test func `what was moved by hand stays there when the source moves it elsewhere`() async throws
  {
    let bench = try await filled(2)
    try bench.plain.create("Else")
    try await bench.pull()
    let file = try bench.view().message("m0").file
    try move(bench, "INBOX/cur/" + file, "Work/cur/" + file)
    try bench.plain.select("INBOX")
    try bench.plain.store("1", "+FLAGS (\\Flagged)")
    try bench.plain.move("1", to: "Else")
    try await bench.pull()
    #expect(try bench.view().subjects == ["INBOX: m1", "Work: m0", "Work: w"])
    #expect(try bench.view().message("m0").flags == ["\\flagged"])
    try bench.plain.select("Else")
    try bench.plain.store("1", "+FLAGS (\\Seen)")
    #expect(try await bench.pull().sums == ["flags": 1])
    #expect(try bench.view().message("m0").flags == ["\\flagged", "\\seen"])
    #expect(try await bench.pull().sums == [:])
  }

  @Test func `new mail follows a mailbox that was renamed`() async throws {
    let bench = try await filled(1)
    try move(bench, "Work", "Business")
    try bench.append("x", to: "Work")
    #expect(try await bench.pull().sums == ["transferred": 1])
    #expect(try bench.view().subjects == ["Business: w", "Business: x", "INBOX: m0"])
    try bench.append("y", to: "Work")
    #expect(try await bench.pull().sums == ["transferred": 1])
    #expect(try bench.view().mailboxes == ["Business", "INBOX"])
  }

  @Test func `a mailbox that the source makes under a name given by hand goes into the same`()
    async throws
  {
    let bench = try await filled(1)
    try move(bench, "Work", "Business")
    try bench.append("w2", to: "Work")
    try await bench.pull()
    try bench.plain.create("Business")
    try bench.append("b", to: "Business")
    try await bench.pull()
    #expect(
      try bench.view().subjects == ["Business: b", "Business: w", "Business: w2", "INBOX: m0"])
    #expect(try await bench.pull().sums == [:])
    let verified = try runProcess(builtProgram("mailarc"), ["verify", bench.archive])
    #expect(verified.status == 0, "\(verified.output)")
  }

  @Test func `messages that the source moves out of a mailbox renamed by hand are moved`()
    async throws
  {
    let bench = try await filled(1)
    try bench.append("w2", to: "Work")
    try move(bench, "Work", "Business")
    try await bench.pull()
    // A mailbox that was there before is not the renamed one.
    try bench.plain.select("Work")
    try bench.plain.move("1", to: "INBOX")
    try bench.plain.select("INBOX")
    try bench.plain.command("DELETE Work")
    #expect(try await bench.pull().sums == ["transferred": 1, "moved": 1, "gone": 1])
    #expect(try bench.view().subjects == ["Business: w2", "INBOX: m0", "INBOX: w"])
  }

  @Test func `a mailbox that was deleted does not come back as an empty one`() async throws {
    let bench = try await filled(1)
    try runSuccessfully("/bin/rm", ["-r", bench.archive + "/Work"])
    try bench.append("new")
    // One message gone with its whole directory may as well be a disk that is not mounted.
    let asked = try await bench.pull()
    #expect(asked.sums == ["transferred": 1, "questions": 1])
    #expect(asked.exitStatus == .findings)
    #expect(try await bench.pull(accept: true).sums == ["deleted": 1])
    #expect(try bench.view().mailboxes == ["INBOX"])
    #expect(try await bench.pull().sums == [:])
    #expect(try bench.view().mailboxes == ["INBOX"])
  }

  @Test func `a large disappearance is a question each time until it is answered`() async throws {
    let bench = try await filled(30)
    try delete((0..<25).map { "m\($0)" }, bench)
    try bench.plain.select("INBOX")
    try bench.plain.store("30", "+FLAGS (\\Flagged)")
    try bench.append("new")
    for _ in 0..<2 {
      let report = try await bench.pull()
      #expect(report.sums == ["questions": 1])
      #expect(report.exitStatus == .findings)
      #expect(report.questions.first?.options == ["--accept-deletions", "--refetch-deleted"])
      #expect(try bench.view().messages.count == 6)
    }
    // What changed at the source before the answer still arrives with it.
    #expect(
      try await bench.pull(accept: true).sums == ["transferred": 1, "deleted": 25, "flags": 1])
    #expect(try bench.view().messages.count == 7)
    #expect(try bench.view().message("m29").flags == ["\\flagged"])
    #expect(try await bench.pull().sums == [:])
    #expect(try await bench.pull(refetch: true).sums == ["transferred": 25])
    #expect(try bench.view().messages.count == 32)
  }

  @Test func `a question can be answered by fetching again`() async throws {
    let bench = try await filled(30)
    try delete((0..<25).map { "m\($0)" }, bench)
    #expect(try await bench.pull(refetch: true).sums == ["transferred": 25])
    #expect(try bench.view().messages.count == 31)
  }

  @Test func `an archive restored from an older backup is a question, also where nothing changed`()
    async throws
  {
    let bench = try await filled(3)
    // The backup lacks one message; the state is the newer one.
    try runSuccessfully("/bin/cp", ["-a", bench.archive + "/INBOX", bench.directory.file("old")])
    let file = try bench.view().message("m1").file
    unlink(bench.directory.file("old") + "/cur/" + file)
    try runSuccessfully("/bin/rm", ["-r", bench.archive + "/INBOX"])
    try runSuccessfully("/bin/mv", [bench.directory.file("old"), bench.archive + "/INBOX"])
    for _ in 0..<2 {
      #expect(try await bench.pull().sums == ["questions": 1])
      #expect(try bench.view().messages.count == 3)
    }
    #expect(try await bench.pull(refetch: true).sums == ["transferred": 1])
    #expect(try await bench.pull().sums == [:])
  }

  @Test func `lost state costs no second copy`() async throws {
    let bench = try await filled(3)
    try bench.plain.select("INBOX")
    try bench.plain.store("1", "+FLAGS (\\Flagged)")
    try await bench.pull()
    let before = try snapshot(bench.archive, except: ["/.mailarc"])
    try runSuccessfully("/bin/rm", ["-r", bench.archive + "/.mailarc/pull"])
    #expect(try await bench.pull(dryRun: true).sums == [:])
    #expect(try await bench.pull().sums == [:])
    #expect(changes(before, try snapshot(bench.archive, except: ["/.mailarc"])) == [])
  }

  @Test(arguments: [1, 20, 100])
  func `a journal with a torn tail costs no second copy`(_ cut: Int) async throws {
    let bench = try await filled(3)
    let before = try snapshot(bench.archive, except: ["/.mailarc"])
    let pull = bench.archive + "/.mailarc/pull/"
    for name in try listDirectory(pull) where name.hasSuffix(".journal") {
      let bytes = try readBytes(pull + name)
      try writeBytes(pull + name, Array(bytes.dropLast(cut)))
    }
    try bench.append("new")
    #expect(try await bench.pull().sums == ["transferred": 1])
    let after = try snapshot(bench.archive, except: ["/.mailarc"])
    #expect(changes(before, after).filter { before[$0]?.first != "directory" }.count == 1)
  }

  private func move(_ bench: PullBench, _ old: String, _ new: String) throws {
    try renameFile(bench.archive + "/", old, new)
  }
}
