import Glibc
import Platform
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// Killed wherever it may die and run again, a pull ends as one that nobody disturbed.
@Suite(.requiresDovecot, .requiresPython) struct PullKillTests {
  typealias Layout = ArchiveIdentity.Layout
  private static let atOnce = 8

  @Test(arguments: Layout.allCases)
  func `a first pull that is killed at any step comes to the same end`(
    _ layout: Layout
  ) async throws {
    let bench = try PullBench(inMemory: true)
    try fill(bench)
    let expected = bench.directory.file("reference")
    try await run(bench, [expected], layout)
    let steps = try await killAtEveryStep(bench, expected, layout) { _ in }
    #expect(steps > 40)
  }

  @Test(arguments: [Layout.maildir, .maildirPlusPlus, .mbox])
  func `a later pull with moves and flags that is killed at any step does, too`(
    _ layout: Layout
  ) async throws {
    let bench = try PullBench(inMemory: true)
    try fill(bench)
    let edit = { (archive: String) throws in
      // By hand: flags of a message that is moved at the source meanwhile.
      let hand = ArchiveHand(archive: archive, layout: layout)
      try hand.flag("b2", "F", in: "B")
      // And a mailbox's name, which the source changes as well.
      try hand.rename("D", to: "Kept")
      // A file's name, whose mailbox the source renames.
      guard layout != .mbox else { return }
      let cur = hand.path("C") + "/cur/"
      try renameFile(cur, try #require(try listDirectory(cur).sorted().first), "777.host:2,F")
    }
    let steps = 176
    // As many archives in the first state as there will be kills, made before the source changes.
    for start in stride(from: 0, to: steps, by: Self.atOnce) {
      let archives = (start..<start + Self.atOnce).map { bench.directory.file("\($0)") }
      try await run(bench, archives, layout)
    }
    try change(bench)
    try edit(bench.directory.file("0"))
    let expected = bench.directory.file("0")
    try await run(bench, [expected], layout)
    #expect(try ArchiveView(expected).message("b2").flags == ["\\flagged"])
    #expect(
      try ArchiveView(expected).subjects == [
        "A: a1", "A: a2", "A: a3", "A: b2", "A: b3", "B: b1", "B: new", "INBOX: i0", "INBOX: i1",
        "INBOX: i2", "INBOX: i3", "Kept: d1", "Kept: d2", "Kept: d3", "Renamed: c1", "Renamed: c2",
      ])
    let passed = try await killAtEveryStep(bench, expected, layout) { try edit($0) }
    #expect(passed < steps)
  }

  /// More than a dozen messages in five mailboxes.
  private func fill(_ bench: PullBench) throws {
    for name in ["A", "B", "C", "D"] { try bench.plain.create(name) }
    for index in 0..<4 { try bench.append("i\(index)", flags: ["\\Seen", "Key\(index)"]) }
    for index in 1...3 { try bench.append("a\(index)", to: "A", flags: ["Other"]) }
    for index in 1...3 { try bench.append("b\(index)", to: "B") }
    for index in 1...2 { try bench.append("c\(index)", to: "C", flags: ["\\Flagged"]) }
    for index in 1...2 { try bench.append("d\(index)", to: "D") }
  }

  private func change(_ bench: PullBench) throws {
    try bench.plain.select("B")
    try bench.plain.move("2:3", to: "A")
    try bench.append("new", to: "B", flags: ["NewKey"])
    try bench.plain.select("INBOX")
    try bench.plain.store("2", "+FLAGS (\\Flagged Later)")
    try bench.plain.store("3", "-FLAGS (\\Seen)")
    try bench.plain.store("4", "+FLAGS (\\Deleted)")
    try bench.plain.expunge()
    try bench.plain.command("RENAME C Renamed")
    try bench.plain.command("RENAME D Elsewhere")
    try bench.append("d3", to: "Elsewhere")
  }

  private func arguments(_ bench: PullBench, _ archive: String, _ layout: Layout) -> [String] {
    bench.arguments(["--connections", "1", "--layout", layout.rawValue], archive: archive)
  }

  /// Pulls into each of some archives.
  private func run(_ bench: PullBench, _ archives: [String], _ layout: Layout) async throws {
    let children = try archives.map {
      try ChildProcess(builtProgram("mailarc"), arguments(bench, $0, layout))
    }
    for child in children {
      let ending = try await Self.end(of: child)
      #expect(ending == .exited(0), "\(String(decoding: child.standardError, as: UTF8.self))")
    }
  }

  /// Waits without holding one of the few threads that all tests share.
  private static func end(of child: ChildProcess) async throws -> ChildProcess.Ending {
    while true {
      if let ending = child.poll() { return ending }
      try await Task.sleep(for: .milliseconds(3))
    }
  }

  /// Pulls with a kill at the first step, at the second and so on, until none is reached; each time
  /// runs again and compares with the archive of an undisturbed run.
  ///
  /// - Returns: the number of steps.
  private func killAtEveryStep(
    _ bench: PullBench, _ expected: String, _ layout: Layout,
    prepare: (String) throws -> Void
  ) async throws -> Int {
    let reference = try content(expected)
    var step = 1
    while true {
      let steps = step..<step + Self.atOnce
      let archives = steps.map { bench.directory.file("\($0)") }
      for archive in archives where access(archive, F_OK) == 0 { try prepare(archive) }
      let killed = try zip(steps, archives).map { step, archive in
        try ChildProcess(
          builtProgram("mailarc"), arguments(bench, archive, layout),
          environment: ["MAILARC_KILL_AT_STEP": "\(step)"])
      }
      var endings: [ChildProcess.Ending] = []
      for child in killed { endings.append(try await Self.end(of: child)) }
      // Half of them at once, and half when the server has no session left but the bench's own.
      var again: [ChildProcess] = []
      for (step, archive) in zip(steps, archives) {
        if step % 2 == 0 { try bench.server.waitForSessions(of: bench.user, atMost: 1) }
        again.append(try ChildProcess(builtProgram("mailarc"), arguments(bench, archive, layout)))
      }
      for (index, child) in again.enumerated() {
        let ending = try await Self.end(of: child)
        let text = String(decoding: child.standardError, as: UTF8.self)
        #expect(ending == .exited(0), "step \(step + index): \(text)")
        let found = try content(archives[index])
        #expect(
          changes(reference, found) == [], "after a kill at step \(step + index)")
      }
      if let last = endings.firstIndex(of: .exited(0)) { return step + last - 1 }
      #expect(endings.allSatisfy { $0 == .killed(signal: SIGKILL) })
      step += Self.atOnce
    }
  }

  /// What counts of an archive: its files with content and time, and the tables; of an mbox its
  /// messages, as they may stand in another order.
  private func content(_ archive: String) throws -> [String: [String]] {
    var found = try snapshot(archive, except: ["/.mailarc"])
    for (path, values) in found where values.count == 4 {
      // Times and inodes of keyword files differ, as do inodes and nanoseconds of messages.
      let isMessage = path.contains("/cur/")
      let seconds = String(values[0].prefix { $0 != "." })
      found[path] = path.contains(".mbox") ? ["file"] : [isMessage ? seconds : "", values[2]]
    }
    for name in ["keywords", "mailboxes"] {
      found[".mailarc/" + name] = [try readFile(archive + "/.mailarc/" + name)]
    }
    let left = try listDirectory(archive + "/.mailarc").filter { name in
      name.hasPrefix("mbox-") && (try? readBytes(archive + "/.mailarc/" + name).isEmpty) != true
    }
    if !left.isEmpty { found["left over"] = left }
    for (mailbox, items) in try ConvertedItem.all(in: archive) {
      found["messages of " + mailbox] = items.map(\.description)
    }
    return found
  }
}
