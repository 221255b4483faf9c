import Glibc
import Journals
import Mail
import Platform
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// A rebuild and then a pull.
@Suite struct RebuildAndPullTests {
  private func filled() async throws -> SourceBench {
    let bench = try SourceBench { state in
      state.mailboxes["INBOX"] = .init(messages: SourceBench.messages(4))
      state.mailboxes["Work"] = .init(messages: SourceBench.messages(2, from: 10))
    }
    #expect(try await bench.pull().sums == ["transferred": 6])
    return bench
  }

  private func rebuild(_ bench: SourceBench) throws -> RebuildReport {
    try RebuildArchive(
      path: bench.archive, account: "ada", observer: NoVerifyObserver(),
      interruption: try Interruption()
    ).run()
  }

  @Test(arguments: [
    "", "/archive", "/keywords", "/mailboxes", "/pull", "/pull/runs.journal",
    "/pull/states.journal",
  ])
  func `a pull after lost state fetches nothing again`(_ lost: String) async throws {
    let bench = try await filled()
    let before = try snapshot(bench.archive, except: ["/.mailarc"])
    try runSuccessfully("/bin/rm", ["-r", bench.archive + "/.mailarc" + lost])
    _ = try rebuild(bench)
    let lines = bench.server.lines.count
    #expect(try await bench.pull().sums == [:])
    #expect(!bench.server.lines[lines...].contains { $0.contains("BODY.PEEK[]") })
    #expect(changes(before, try snapshot(bench.archive, except: ["/.mailarc"])) == [])
    #expect(try await bench.pull().sums == [:])
  }

  @Test func `what a pull brought is intact, whatever is in it, and so it is after a rebuild`()
    async throws
  {
    let fixture = MailboxFixture.ordinary + MailboxFixture.unusual + [MailboxFixture.withNUL]
    let bench = try SourceBench { state in
      state.mailboxes["INBOX"] = .init(
        messages: fixture.enumerated().map { index, message in
          SourceServer.Message(uid: UInt32(index + 1), body: message.body, flags: message.flags)
        })
    }
    #expect(try await bench.pull().sums == ["transferred": fixture.count])
    for _ in 0..<2 {
      let report = try VerifyArchive(
        path: bench.archive, observer: NoVerifyObserver(), interruption: try Interruption()
      ).run()
      #expect(report.findings == [] && report.intact == fixture.count && report.notes == [])
      try runSuccessfully("/bin/rm", ["-r", bench.archive + "/.mailarc"])
      #expect(try rebuild(bench).exitStatus == .done)
    }
  }

  @Test func `what was deleted by hand stays so when another record is damaged`() async throws {
    let bench = try await filled()
    for file in try listDirectory(bench.archive + "/INBOX/cur") where file.contains("U2H") {
      unlink(bench.archive + "/INBOX/cur/" + file)
    }
    bench.server.change { $0.mailboxes["INBOX"]?.messages += SourceBench.messages(1, from: 5) }
    #expect(try await bench.pull().sums == ["transferred": 1, "deleted": 1])
    let key = MailboxKey(account: "ada", mailbox: .inbox).hex
    let path = bench.archive + "/.mailarc/pull/\(key).journal"
    var lines = try readBytes(path).split(separator: 10).map { Array($0) }
    let held = try #require(
      lines.firstIndex { String(decoding: $0, as: UTF8.self).contains(" held 1 ") })
    lines[held][0] ^= 0x55
    try writeBytes(path, Array(lines.map { $0 + [10] }.joined()))
    #expect(try rebuild(bench).actions.count == 1)
    #expect(try await bench.pull().sums["transferred"] == nil)
    #expect(try bench.view().messages.count == 6)
  }

  @Test func `killed at any step and run again, it comes to the same end`() async throws {
    let bench = try await filled()
    let archive = bench.archive
    let key = MailboxKey(account: "ada", mailbox: .inbox).hex
    unlink(archive + "/.mailarc/archive")
    for name in ["keywords", "mailboxes"] {
      try writeFile(archive + "/.mailarc/" + name, "broken")
    }
    let path = archive + "/.mailarc/pull/\(key).journal"
    var lines = try readBytes(path).split(separator: 10).map { Array($0) }
    lines[3][0] ^= 0x55
    try writeBytes(path, Array(lines.map { $0 + [10] }.joined()))
    unlink(
      "\(archive)/.mailarc/pull/\(MailboxKey(account: "ada", mailbox: try VerifyBench.name("Work")).hex).journal"
    )
    func run(_ path: String, step: Int?) throws -> ProcessResult {
      try runProcess(
        builtProgram("mailarc"), ["verify", path, "--rebuild", "--account", "ada"],
        environment: step.map { ["MAILARC_KILL_AT_STEP": "\($0)"] } ?? [:])
    }
    /// All but what is random or tells of the run.
    func state(_ path: String) throws -> [String: String] {
      try snapshot(path, except: ["/.mailarc/lock"]).mapValues { parts in
        parts.count > 2
          ? parts[2].split(separator: "\n").filter { !$0.hasPrefix("id ") }.joined(separator: "\n")
          : parts[0]
      }
    }
    func copy(_ name: String) throws -> String {
      let copy = bench.directory.file(name)
      try runSuccessfully("/bin/cp", ["-a", archive, copy])
      return copy
    }
    let reference = try copy("reference")
    #expect(try run(reference, step: nil).status == 0)
    let expected = try state(reference)
    var steps = 0
    while true {
      steps += 1
      let path = try copy("killed")
      let first = try run(path, step: steps)
      if first.status == 0 { break }
      #expect(try run(path, step: nil).status == 0)
      let found = try state(path)
      let differing = Set(found.keys).union(expected.keys).filter { found[$0] != expected[$0] }
      #expect(differing.isEmpty, "killed at step \(steps): \(differing.sorted())")
      try runSuccessfully("/bin/rm", ["-r", path])
    }
    #expect(steps > 15)
  }
}
