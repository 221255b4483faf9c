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
    let bench = try filled(layout)
    let expected = try copy(of: bench, "reference")
    try expect(expected.run(Self.prune, layout: layout))
    let reference = try content(expected)
    #expect(reference.trash.count == 4)
    var step = 1
    while true {
      let killed = try copy(of: bench, "killed\(step)")
      let result = try killed.run(
        Self.prune, layout: layout, environment: ["MAILARC_KILL_AT_STEP": "\(step)"])
      if result.ending == .exited(0) { break }
      #expect(result.ending == .killed(signal: SIGKILL))
      // Of an mbox that is half written, mailarc alone knows the rest.
      if layout == .maildir || layout == .maildirPlusPlus {
        let left = try content(killed)
        let all = Set(left.archive + left.trash)
        #expect(all == Set(reference.archive + reference.trash), "after a kill at step \(step)")
        #expect(try killed.verify() == [], "after a kill at step \(step)")
      }
      // It asks nothing, whatever it is asked to do.
      if step % 2 == 0 { try expect(killed.run(layout: layout)) }
      try expect(killed.run(Self.prune, layout: layout))
      #expect(try content(killed) == reference, "after a kill at step \(step)")
      #expect(try killed.verify() == [])
      try runSuccessfully("/bin/rm", ["-r", killed.archive])
      step += 1
    }
    #expect(step > 20)
  }

  @Test(arguments: Layout.allCases)
  func `so is what is restored`(_ layout: Layout) async throws {
    let bench = try filled(layout)
    let reference = try content(bench)
    try expect(bench.run(Self.prune, layout: layout))
    var step = 1
    while true {
      let killed = try copy(of: bench, "killed\(step)")
      let words = ["trash", "restore", killed.archive]
      let result = try runProcess(
        builtProgram("mailarc"), words, environment: ["MAILARC_KILL_AT_STEP": "\(step)"])
      if result.ending == .exited(0) { break }
      #expect(result.ending == .killed(signal: SIGKILL))
      // A pull in between takes nothing away again that is back.
      let isBack = try runProcess(builtProgram("mailarc"), ["list", killed.archive]).output
      if step % 2 == 0 {
        try expect(killed.run(Self.prune, layout: layout))
        let output = try runProcess(builtProgram("mailarc"), ["list", killed.archive]).output
        #expect(output == isBack, "after a kill at step \(step)")
      }
      try expect(runProcess(builtProgram("mailarc"), words))
      #expect(try content(killed) == reference, "after a kill at step \(step)")
      try expect(killed.run(Self.prune, layout: layout))
      #expect(try content(killed) == reference, "after a kill at step \(step)")
      #expect(try killed.verify() == [])
      try runSuccessfully("/bin/rm", ["-r", killed.archive])
      step += 1
    }
    #expect(step > 10)
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
  private func filled(_ layout: Layout) throws -> SourceBench {
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
    try expect(bench.run(layout: layout))
    bench.server.change {
      $0.mailboxes["Work/Old"]?.messages.removeFirst(3)
      $0.mailboxes["INBOX"]?.messages.removeFirst()
    }
    try expect(bench.run(layout: layout))
    return bench
  }

  private func copy(of bench: SourceBench, _ name: String) throws -> SourceBench {
    let other = try SourceBench(sharing: bench, archive: name)
    try runSuccessfully("/bin/cp", ["-a", bench.archive, other.archive])
    return other
  }

  private func expect(_ result: ProcessResult) {
    #expect(result.ending == .exited(0), "\(result.output)\(result.errors)")
  }

  private struct Content: Equatable {
    let archive: [String]
    let trash: [String]
  }

  private func content(_ bench: SourceBench) throws -> Content {
    func lines(_ messages: [ArchiveView.Message]) -> [String] {
      messages.map {
        "\($0.mailbox) \($0.subject) \($0.date) \($0.flags.sorted()) \($0.body.count)"
      }.sorted()
    }
    return Content(
      archive: lines(try bench.view().messages), trash: lines(try bench.trash().messages))
  }
}
