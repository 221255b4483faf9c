import Glibc
import Mail
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// Killed wherever it may die and run again, a conversion ends as one that nobody disturbed.
struct ConvertKillTests {
  typealias Layout = ArchiveIdentity.Layout
  private static let atOnce = 8

  @Test(arguments: Layout.allCases)
  func `a first conversion that is killed at any step comes to the same end`(
    _ layout: Layout
  ) async throws {
    let bench = try ConvertBench()
    try bench.fill(["INBOX"], Array(GeneratedMessage.many(40, seed: 3).suffix(14)))
    try bench.fill(["Work", "2024"], ["a", "a", "b"].map { ConvertBench.plain($0) })
    try makeDirectory(bench.source + "/.mailarc/pull")
    try writeFile(bench.source + "/.mailarc/pull/0123456789abcdef.journal", "x\n")
    let steps = try await killAtEveryStep(bench, layout) { _ in }
    #expect(steps > 30)
  }

  @Test(arguments: Layout.allCases)
  func `a later one with flags that changed does, too`(_ layout: Layout) async throws {
    let bench = try ConvertBench()
    try bench.fill(["INBOX"], ["a", "b", "b", "c"].map { ConvertBench.plain($0, fetched: false) })
    let first = bench.directory.file("first")
    #expect(try bench.run(to: first, ["--layout", layout.rawValue]).status == 0)
    try bench.fill(["INBOX"], ["a", "d"].map { ConvertBench.plain($0, fetched: false) })
    do {
      let archive = try Archive.open(path: bench.source, for: .writing)
      let mailbox = try #require(try archive.mailbox(.inbox))
      let changes = try mailbox.scan().prefix(2).map {
        FlagChange($0, Flags([.flagged], keywords: [Keyword("new"), Keyword("no atom (")]))
      }
      _ = try mailbox.setFlags(changes)
    }
    let steps = try await killAtEveryStep(bench, layout) { target in
      try runSuccessfully("/bin/cp", ["-a", first, target])
    }
    #expect(steps > 10)
  }

  /// - Returns: the number of steps.
  private func killAtEveryStep(
    _ bench: ConvertBench, _ layout: Layout, prepare: (String) throws -> Void
  ) async throws -> Int {
    let arguments = ["--layout", layout.rawValue]
    let expected = try bench.view(bench.source)
    var step = 1
    while true {
      let steps = step..<step + Self.atOnce
      let targets = steps.map { bench.directory.file("\($0)") }
      for target in targets { try prepare(target) }
      let killed = try zip(steps, targets).map { step, target in
        try ChildProcess(
          builtProgram("mailarc"), ["convert", bench.source, target] + arguments,
          environment: ["MAILARC_KILL_AT_STEP": "\(step)"])
      }
      var endings: [ChildProcess.Ending] = []
      for child in killed { endings.append(try await Self.end(of: child)) }
      let again = try targets.map {
        try ChildProcess(builtProgram("mailarc"), ["convert", bench.source, $0] + arguments)
      }
      for (index, child) in again.enumerated() {
        let ending = try await Self.end(of: child)
        let text = String(decoding: child.standardError, as: UTF8.self)
        #expect(ending == .exited(0), "step \(step + index): \(text)")
        #expect(
          try bench.view(targets[index]) == expected, "after a kill at step \(step + index)")
        let pull = "/.mailarc/pull/0123456789abcdef.journal"
        #expect(
          (try? readFile(targets[index] + pull)) == (try? readFile(bench.source + pull)))
        let record = try readFile(targets[index] + "/.mailarc/convert/source")
        #expect(record.contains("complete yes"))
        let third = try bench.run(to: targets[index], arguments)
        #expect(third.output.contains("Nothing to do"), "step \(step + index): \(third.output)")
      }
      for target in targets { try runSuccessfully("/bin/rm", ["-rf", target]) }
      if let last = endings.firstIndex(of: .exited(0)) { return step + last - 1 }
      #expect(endings.allSatisfy { $0 == .killed(signal: SIGKILL) })
      step += Self.atOnce
    }
  }

  /// Waits without holding one of the few threads that all tests share.
  private static func end(of child: ChildProcess) async throws -> ChildProcess.Ending {
    while true {
      if let ending = child.poll() { return ending }
      try await Task.sleep(for: .milliseconds(3))
    }
  }
}
