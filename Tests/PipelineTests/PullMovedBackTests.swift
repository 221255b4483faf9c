import Glibc
import TestSupport
import Testing

@testable import Pipeline

/// Messages that are gone at the source under their old UIDs only.
@Suite(.requiresDovecot) struct PullMovedBackTests {
  private func filled() async throws -> PullBench {
    let bench = try PullBench()
    try bench.plain.create("Junk")
    for index in 0..<3 { try bench.append("m\(index)") }
    try await bench.pull()
    return bench
  }

  private func delete(_ subject: String, _ bench: PullBench) throws {
    let message = try bench.view().message(subject)
    unlink("\(bench.archive)/\(message.mailbox)/cur/\(message.file)")
  }

  private func moveOutAndBack(_ bench: PullBench) throws {
    try bench.plain.select("INBOX")
    try bench.plain.move("2", to: "Junk")
    try bench.plain.select("Junk")
    try bench.plain.move("1", to: "INBOX")
  }

  @Test func `a message that was moved out and back is there once`() async throws {
    let bench = try await filled()
    try moveOutAndBack(bench)
    #expect(try await bench.pull().sums == ["transferred": 1, "moved": 1])
    #expect(try bench.view().subjects == ["INBOX: m0", "INBOX: m1", "INBOX: m2"])
    #expect(try await bench.pull().sums == [:])
    try bench.plain.select("INBOX")
    try bench.plain.store("4", "+FLAGS (\\Flagged)")
    #expect(try await bench.pull().sums == ["flags": 1])
    #expect(try bench.view().message("m1").flags == ["\\flagged"])
  }

  @Test func `one that was deleted by hand stays away when it is moved out and back`() async throws
  {
    let bench = try await filled()
    try delete("m1", bench)
    try moveOutAndBack(bench)
    try await bench.pull()
    #expect(try bench.view().subjects == ["INBOX: m0", "INBOX: m2"])
    try bench.append("new")
    try await bench.pull()
    #expect(try bench.view().subjects == ["INBOX: m0", "INBOX: m2", "INBOX: new"])
  }

  @Test(arguments: [false, true], [false, true])
  func `one that was deleted by hand stays away when the source moves it later`(
    hasPulled: Bool, isRenamed: Bool
  ) async throws {
    let bench = try await filled()
    try bench.plain.create("Work")
    for name in ["w0", "w1"] { try bench.append(name, to: "Work") }
    try await bench.pull()
    try delete("w1", bench)
    // It passes the mailbox over.
    if hasPulled { #expect(try await bench.pull().sums == [:]) }
    if isRenamed {
      try bench.plain.command("RENAME Work Other")
    } else {
      try bench.plain.create("Other")
      try bench.plain.select("Work")
      try bench.plain.move("1:2", to: "Other")
    }
    try await bench.pull()
    #expect(try bench.view().subjects.filter { $0.hasSuffix("w0") } == ["Other: w0"])
    #expect(try bench.view().subjects.filter { $0.hasSuffix("w1") } == [])
    try bench.append("new", to: "Other")
    try await bench.pull()
    #expect(try bench.view().subjects.filter { $0.hasSuffix("w1") } == [])
  }

  @Test(arguments: [false, true])
  func `what a killed pull brought and somebody moved before the next one is there once`(
    isRenamed: Bool
  ) async throws {
    let bench = try PullBench(inMemory: true)
    for index in 0..<3 { try bench.append("m\(index)") }
    var moved = 0
    for step in 1..<200 {
      let archive = bench.directory.file("\(step)")
      let killed = try runProcess(
        builtProgram("mailarc"), bench.arguments(["--connections", "1"], archive: archive),
        environment: ["MAILARC_KILL_AT_STEP": "\(step)"])
      if killed.status == 0 { break }
      guard let files = try? listDirectory(archive + "/INBOX/cur"), !files.isEmpty else { continue }
      moved += 1
      if isRenamed {
        try renameFile(archive, "/INBOX", "/Here")
      } else {
        for name in ["", "/cur", "/new", "/tmp"] { mkdir(archive + "/Here" + name, 0o700) }
        for file in files { try renameFile(archive, "/INBOX/cur/" + file, "/Here/cur/" + file) }
      }
      let again = try runProcess(
        builtProgram("mailarc"), bench.arguments(["--connections", "1"], archive: archive))
      #expect(again.status == 0, "step \(step): \(again.errors)")
      let subjects = try ArchiveView(archive).messages.map(\.subject).sorted()
      #expect(subjects == ["m0", "m1", "m2"], "step \(step)")
    }
    #expect(moved > 5)
  }

  /// Renamed twice, so that the mailbox has the UIDs again that are known to have gone elsewhere.
  @Test(arguments: [false, true])
  func `a mailbox that gets its old name again is where it was`(isDeleted: Bool) async throws {
    let bench = try await filled()
    try bench.plain.create("Work")
    for name in ["w0", "w1", "w2"] { try bench.append(name, to: "Work") }
    try await bench.pull()
    try bench.plain.command("RENAME Work Other")
    #expect(try await bench.pull().sums["moved"] == 3)
    if isDeleted { try delete("w1", bench) }
    try bench.plain.command("RENAME Other Work")
    let report = try await bench.pull()
    #expect(report.questions == [])
    let left = isDeleted ? ["Work: w0", "Work: w2"] : ["Work: w0", "Work: w1", "Work: w2"]
    #expect(try bench.view().subjects.filter { $0.contains("w") } == left)
    #expect(try await bench.pull().sums["transferred"] == nil)
    #expect(try bench.view().subjects.filter { $0.contains("w") } == left)
    // Nothing counts as gone from the source that it has.
    let pruned = try await bench.pull(prune: true)
    #expect(pruned.sums["removed"] == nil)
    #expect(try bench.view().subjects.filter { $0.contains("w") } == left)
  }
}
