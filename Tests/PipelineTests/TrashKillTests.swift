import Glibc
import Mail
import Platform
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// Killed wherever it may die and run again, what takes messages to the trash and back ends as if nobody
/// had disturbed it.
@Suite(.requiresPython) struct TrashKillTests {
  typealias Layout = ArchiveIdentity.Layout
  private static let prune = ["--prune", "--prune-limit", "100"]
  @Test(arguments: Layout.allCases)
  func `a pull that is killed while it prunes is finished by the next one`(
    _ layout: Layout
  ) async throws {
    let bench = try await filled(layout)
    let expected = try copy(of: bench, "reference")
    try await pull(expected, Self.prune)
    let reference = try content(expected)
    #expect(reference.trash.count == 4)
    let steps = try await killAtEveryStep(bench, { try $0.arguments(Self.prune, layout: layout) }) {
      step, killed in
      // Of an mbox that is half written, mailarc alone knows the rest.
      if layout == .maildir || layout == .maildirPlusPlus {
        let left = try content(killed)
        let all = Set(left.archive + left.trash)
        #expect(all == Set(reference.archive + reference.trash), "after a kill at step \(step)")
        #expect(try killed.verify() == [], "after a kill at step \(step)")
      }
      // It asks nothing, whatever it is asked to do.
      if step % 2 == 0 { try await pull(killed) }
      try await pull(killed, Self.prune)
      #expect(try content(killed) == reference, "after a kill at step \(step)")
    }
    #expect(steps > 20)
  }

  @Test(arguments: Layout.allCases)
  func `so is what is restored`(_ layout: Layout) async throws {
    let bench = try await filled(layout)
    let reference = try content(bench)
    try await pull(bench, Self.prune)
    let steps = try await killAtEveryStep(bench, { ["trash", "restore", $0.archive] }) {
      step, killed in
      if step % 2 == 0 {
        // A pull in between takes nothing away again that is back.
        try await pull(killed)
        let back = try lines(killed.view().messages)
        try await pull(killed, Self.prune)
        #expect(try lines(killed.view().messages) == back, "after a kill at step \(step)")
      }
      try await run(["trash", "restore", killed.archive])
      #expect(try content(killed) == reference, "after a kill at step \(step)")
      try await pull(killed, Self.prune)
      #expect(try content(killed) == reference, "after a kill at step \(step)")
    }
    #expect(steps > 10)
  }

  @Test(arguments: [Layout.maildir, .mbox])
  func `what was not recorded any more is no question`(_ layout: Layout) async throws {
    let (bench, _) = try await SourceBench.filled(30, layout)
    bench.server.change { $0.mailboxes["Work"]?.messages.removeFirst(25) }
    try await bench.pull()
    let pull = bench.archive + "/.mailarc/pull"
    let name = MailboxKey(account: "ada", mailbox: try #require(MailboxName(["Work"]))).hex
    let before = try readFile(pull + "/\(name).journal")
    try await bench.pull(prune: 100)
    // As if it had been killed then.
    try writeFile(pull + "/\(name).journal", before)
    let runs = try readFile(pull + "/runs.journal").split(separator: "\n").dropLast()
    try writeFile(pull + "/runs.journal", runs.map { $0 + "\n" }.joined())
    #expect(try bench.verify() == [])
    #expect(try await bench.pull().sums == [:])
    #expect(try await bench.pull(prune: 100).sums == [:])
    #expect(try bench.trash().messages.count == 25)
    #expect(try bench.verify() == [])
  }

  /// An archive with messages that are known to be gone at the source.
  private func filled(_ layout: Layout) async throws -> SourceBench {
    let bench = try SourceBench { state in
      var work = SourceServer.Mailbox()
      work.messages = SourceBench.messages(5)
      for index in work.messages.indices where index % 2 == 0 {
        work.messages[index].flags = ["\\Answered", "Key", "Key\(index)"]
      }
      state.mailboxes = [
        "INBOX": .init(messages: SourceBench.messages(2, from: 100)), "Work/Old": work,
      ]
    }
    try await pull(bench, [], layout)
    bench.server.change {
      $0.mailboxes["Work/Old"]?.messages.removeFirst(3)
      $0.mailboxes["INBOX"]?.messages.removeFirst()
    }
    try await pull(bench, [], layout)
    return bench
  }

  private func copy(of bench: SourceBench, _ name: String) throws -> SourceBench {
    let other = try SourceBench(sharing: bench, archive: name)
    try runSuccessfully("/bin/cp", ["-a", bench.archive, other.archive])
    return other
  }

  /// Kills the program at the first step, at the second and so on, each time on another copy of the archive,
  /// until none is reached.
  ///
  /// - Returns: the number of steps.
  private func killAtEveryStep(
    _ bench: SourceBench, _ words: (SourceBench) throws -> [String],
    check: (Int, SourceBench) async throws -> Void
  ) async throws -> Int {
    var step = 1
    while true {
      let killed = try copy(of: bench, "killed\(step)")
      let child = try ChildProcess(
        builtProgram("mailarc"), try words(killed),
        environment: ["MAILARC_KILL_AT_STEP": "\(step)"])
      let ending = try await Self.end(of: child)
      if ending == .exited(0) { return step - 1 }
      #expect(ending == .killed(signal: SIGKILL))
      try await check(step, killed)
      #expect(try killed.verify() == [], "after a kill at step \(step)")
      try runSuccessfully("/bin/rm", ["-r", killed.archive])
      step += 1
    }
  }

  private func pull(
    _ bench: SourceBench, _ more: [String] = [], _ layout: Layout? = nil
  ) async throws {
    let layout = try layout ?? ArchiveView.layout(of: bench.archive)
    try await run(try bench.arguments(more, layout: layout))
  }

  /// Runs the program to its end, which has to be a good one.
  private func run(_ words: [String]) async throws {
    let child = try ChildProcess(builtProgram("mailarc"), words)
    let ending = try await Self.end(of: child)
    let errors = String(decoding: child.standardError, as: UTF8.self)
    let output = String(decoding: child.standardOutput, as: UTF8.self)
    #expect(ending == .exited(0), "\(output)\(errors)")
  }

  /// Waits without holding one of the few threads that all tests share.
  private static func end(of child: ChildProcess) async throws -> ChildProcess.Ending {
    while true {
      if let ending = child.poll() { return ending }
      try await Task.sleep(for: .milliseconds(3))
    }
  }

  private struct Content: Equatable {
    let archive: [String]
    let trash: [String]
  }

  private func content(_ bench: SourceBench) throws -> Content {
    Content(
      archive: try lines(bench.view().messages), trash: try lines(bench.trash().messages))
  }

  private func lines(_ messages: [ArchiveView.Message]) -> [String] {
    messages.map {
      "\($0.mailbox) \($0.subject) \($0.date) \($0.flags.sorted()) \($0.body.count)"
    }.sorted()
  }
}
