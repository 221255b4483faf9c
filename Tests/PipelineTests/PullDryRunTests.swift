import Glibc
import Mail
import TestSupport
import Testing

@testable import Pipeline

/// A dry run shows what would be done and changes nothing at all.
@Suite(.requiresDovecot) struct PullDryRunTests {
  @Test func `before a first pull it makes nothing`() async throws {
    let bench = try PullBench()
    try bench.plain.create("Work")
    for index in 0..<3 { try bench.append("m\(index)") }
    let report = try await bench.pull(dryRun: true)
    #expect(report.dryRun)
    #expect(report.sums == ["transferred": 3])
    #expect(report.mailboxes.map(\.name.description) == ["INBOX", "Work"])
    #expect(access(bench.archive, F_OK) != 0)
  }

  @Test func `later it foretells what the next run does`() async throws {
    let bench = try PullBench()
    try bench.plain.create("Work")
    for index in 0..<5 { try bench.append("m\(index)") }
    try await bench.pull()
    try bench.append("new")
    try bench.plain.create("Later")
    try bench.append("later", to: "Later")
    try bench.plain.select("INBOX")
    try bench.plain.store("1", "+FLAGS (\\Flagged Key)")
    try bench.plain.store("2", "+FLAGS (\\Deleted)")
    try bench.plain.expunge()
    let deleted = try bench.view().message("m4")
    unlink(bench.archive + "/INBOX/cur/" + deleted.file)
    let before = try snapshot(bench.archive)
    let foretold = try await bench.pull(dryRun: true)
    #expect(changes(before, try snapshot(bench.archive)) == [])
    let done = try await bench.pull()
    #expect(foretold.sums == done.sums)
    #expect(done.sums == ["transferred": 2, "flags": 1, "gone": 1, "deleted": 1])
  }

  @Test func `it foretells moves`() async throws {
    let bench = try PullBench()
    for name in ["Work", "Old"] { try bench.plain.create(name) }
    for name in ["stays", "moves"] { try bench.append(name) }
    try bench.append("renamed", to: "Old")
    try await bench.pull()
    try bench.plain.select("INBOX")
    try bench.plain.move("2", to: "Work")
    try bench.plain.command("RENAME Old New")
    let before = try snapshot(bench.archive)
    let foretold = try await bench.pull(dryRun: true)
    #expect(changes(before, try snapshot(bench.archive)) == [])
    #expect(foretold.sums == ["transferred": 2, "moved": 2])
    #expect(try await bench.pull().sums == foretold.sums)
  }

  @Test func `it needs no right to write`() async throws {
    let bench = try PullBench()
    try bench.append("m")
    try await bench.pull()
    // Somebody else is writing: a dry run neither waits nor disturbs.
    let lock = open(bench.archive + "/.mailarc/lock", O_RDWR | O_CLOEXEC)
    defer { close(lock) }
    try #require(flock(lock, LOCK_EX | LOCK_NB) == 0)
    #expect(try await bench.pull(dryRun: true).sums == [:])
  }
}
