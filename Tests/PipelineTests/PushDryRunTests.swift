import Mail
import TestSupport
import Testing

@testable import Pipeline

/// A dry run says what would be done, and changes nothing anywhere.
@Suite(.requiresDovecot) struct PushDryRunTests {
  @Test func `before anything was pushed`() async throws {
    let bench = try PushBench()
    try bench.source.plain.create("Work")
    try bench.source.plain.subscribe("Work")
    for subject in ["a", "twin", "twin"] { try bench.source.append(subject, to: "Work") }
    try bench.source.append("here")
    try bench.source.append("there already")
    try await bench.pull()
    try bench.plain.append(PullBench.message("there already"), to: "INBOX")
    let planned = try await expectNoChange(bench)
    #expect(
      planned.map(\.line).sorted() == [
        "create-mailbox Work 0", "subscribe Work 0", "transfer INBOX 1", "transfer Work 1",
        "transfer Work 1", "transfer Work 1",
      ])
    let files = Set(planned.compactMap(\.file))
    #expect(files.contains(try bench.file("a")))
    #expect(files.contains(try bench.file("here")))
    // And then it is done.
    #expect(try await bench.push().pushed == ["transferred": 4, "present": 1])
  }

  @Test func `after a push, with edits on both sides`() async throws {
    let bench = try await PushBench.holding(["a", "b", "c", "d"])
    try await bench.push()
    try bench.expunge(["b"])
    try bench.flag("c", "F")
    try bench.drop("new", as: "1600000000.x")
    let planned = try await expectNoChange(bench)
    #expect(planned.map(\.line).sorted() == ["transfer INBOX 1", "update-flags INBOX 1"])
    let report = try await bench.push { $0.dryRun = true }
    #expect(report.dryRun)
    #expect(report.pushed == ["transferred": 1, "present": 3, "flags": 1, "gone": 1])
    let resent = try await bench.push {
      $0.dryRun = true
      $0.resend = true
    }
    #expect(resent.pushed == ["transferred": 2, "present": 3, "flags": 1])
    #expect(try await bench.push().pushed == report.pushed)
  }

  @Test func `after a push that broke off`() async throws {
    let bench = try await PushBench.holding(["a", "b", "twin", "twin"])
    let killed = try runProcess(
      builtProgram("mailarc"), bench.arguments(),
      environment: [
        "MAILARC_KILL_AT_STEP": "1", "MAILARC_KILL_AT_POINT": "push: before an APPEND",
      ])
    #expect(killed.status == 137)
    let planned = try await expectNoChange(bench)
    #expect(planned.map(\.line) == Array(repeating: "transfer INBOX 1", count: 4))
    #expect(try await bench.push().pushed == ["transferred": 4])
  }

  @Test func `a mailbox that would have to be asked about`() async throws {
    let subjects = (0..<24).map { "m\($0)" }
    let bench = try await PushBench.holding(subjects)
    try await bench.push()
    try bench.expunge(Set(subjects.prefix(20)))
    let planned = try await expectNoChange(bench)
    #expect(planned.isEmpty)
    #expect(try await bench.push { $0.dryRun = true }.questions.count == 1)
  }

  /// Runs dry and compares archive and target with what they were; returns what was planned.
  private func expectNoChange(_ bench: PushBench) async throws -> [PlannedChange] {
    let before = try snapshot(bench.archive)
    let target = try bench.plain.account()
    let lines = try bench.transcript().count
    let planned = PlannedChanges()
    let report = try await bench.push {
      $0.dryRun = true
      $0.observer = planned
    }
    #expect(report.accountFailure == nil)
    #expect(report.failures == [])
    #expect(changes(before, try snapshot(bench.archive)) == [])
    #expect(try bench.plain.account() == target)
    let said = try bench.transcript().dropFirst(lines).joined(separator: "\n")
    for word in [" SELECT ", " APPEND ", " CREATE ", " STORE ", " SUBSCRIBE "] {
      #expect(!said.contains(word), "\(word)")
    }
    return planned.changes
  }
}

extension PlannedChange {
  fileprivate var line: String { "\(action.rawValue) \(mailbox) \(messages)" }
}
