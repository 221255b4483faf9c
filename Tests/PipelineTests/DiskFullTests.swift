import Glibc
import Mail
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// Whatever write finds the disk full, the run says so and ends with 74, nothing is lost, and the next one
/// comes to the same end as one that nobody disturbed.
@Suite(.requiresDovecot, .requiresCompiler) struct DiskFullTests {
  typealias Layout = ArchiveIdentity.Layout

  /// One command, on fresh state.
  private struct Case {
    /// The directory below which there is no space, canonical.
    let root: String
    let arguments: [String]
    /// What there is at the end.
    let view: () throws -> [String]
  }

  private static func subjects(_ archive: String) throws -> [String] {
    try ArchiveView(archive).messages.map { message in
      "\(message.mailbox): \(message.date) \(message.flags.sorted()) "
        + String(decoding: message.body, as: UTF8.self)
    }.sorted()
  }

  @Test(arguments: [Layout.maildir, .mbox], DiskFull.Extent.allCases)
  func `at any write of a pull`(_ layout: Layout, _ extent: DiskFull.Extent) async throws {
    let bench = try PullBench(inMemory: true)
    try fill(bench)
    try await everywhere(extent) { number in
      let root = bench.directory.file("case\(number)")
      try makeDirectory(root)
      return Case(
        root: root,
        arguments: bench.arguments(
          ["--connections", "1", "--layout", layout.rawValue], archive: root + "/archive")
      ) { try Self.subjects(root + "/archive") }
    }
  }

  @Test(arguments: DiskFull.Extent.allCases)
  func `at any write of a push`(_ extent: DiskFull.Extent) async throws {
    let bench = try PushBench()
    try fill(bench.source)
    try await bench.pull()
    try await everywhere(extent) { number in
      let root = bench.source.directory.file("case\(number)")
      try makeDirectory(root)
      try runSuccessfully("/bin/cp", ["-a", bench.archive, root + "/archive"])
      let user = try PushBench.newUser(on: bench.server)
      let archive = try Self.subjects(root + "/archive")
      return Case(
        root: root,
        arguments: bench.arguments(
          ["--connections", "1"], archive: root + "/archive", user: user)
      ) {
        // A push changes nothing of the mail.
        #expect(try Self.subjects(root + "/archive") == archive)
        let plain = try PlainIMAP(port: bench.server.imapPort, user: user, password: "secret")
        return try plain.account().mailboxes.flatMap { name, mailbox in
          mailbox.messages.map {
            "\(name): \($0.date) \($0.flags.sorted()) " + String(decoding: $0.body, as: UTF8.self)
          }
        }.sorted()
      }
    }
  }

  @Test(arguments: [Layout.maildir, .mbox, .mboxGzip], DiskFull.Extent.allCases)
  func `at any write of a conversion`(_ layout: Layout, _ extent: DiskFull.Extent) async throws {
    let bench = try ConvertBench()
    try bench.fill(["INBOX"], Array(GeneratedMessage.many(20, seed: 5).suffix(6)))
    try bench.fill(["Work", "2024"], ["a", "a", "b"].map { ConvertBench.plain($0) })
    try makeDirectory(bench.source + "/.mailarc/pull")
    try writeFile(bench.source + "/.mailarc/pull/0123456789abcdef.journal", "x\n")
    try await everywhere(extent) { number in
      let root = bench.directory.file("case\(number)")
      try makeDirectory(root)
      return Case(
        root: root,
        arguments: ["convert", bench.source, root + "/archive", "--layout", layout.rawValue]
      ) {
        try bench.view(root + "/archive").flatMap { name, items in
          items.map { "\(name): \($0)" }
        }.sorted()
      }
    }
  }

  private func fill(_ bench: PullBench) throws {
    try bench.plain.create("Work")
    for index in 0..<3 { try bench.append("i\(index)", flags: ["\\Seen", "Key\(index)"]) }
    for _ in 0..<2 { try bench.append("twin", to: "Work", flags: ["\\Flagged"]) }
  }

  /// Runs without a full disk first, and then, each time on fresh state, with one at each of the calls
  /// that need space.
  private func everywhere(
    _ extent: DiskFull.Extent, _ prepare: (Int) async throws -> Case
  ) async throws {
    let disk = try DiskFull()
    let environment = ["MAILARC_SETTLE_SECONDS": "0.1", "MAILARC_BATCH_MESSAGES": "2"]
    func run(_ one: Case, at number: Int) throws -> (result: ProcessResult, trace: DiskFull.Trace) {
      try disk.run(
        builtProgram("mailarc"), one.arguments, root: one.root, at: number,
        number == 0 ? .once : extent, environment: environment)
    }
    let reference = try await prepare(0)
    let undisturbed = try run(reference, at: 0)
    #expect(undisturbed.result.status == 0, "\(undisturbed.result.errors)")
    let expected = try reference.view()
    #expect(undisturbed.trace.needingSpace.count > 15)
    var spared = 0
    // A disk that stays full does at most calls what one that is full for a moment does; all of them are
    // tried by tools/crashtest.
    let stride = extent == .once ? 1 : 4
    let last = undisturbed.trace.needingSpace.last
    for (index, number) in undisturbed.trace.needingSpace.enumerated()
    where index.isMultiple(of: stride) || number == last {
      let one = try await prepare(number)
      let full = try run(one, at: number)
      guard full.trace.wasReached else {
        // What waits for a full buffer or a moment is gathered otherwise each time.
        #expect(full.result.status == 0, "call \(number): \(full.result.errors)")
        try runSuccessfully("/bin/rm", ["-rf", one.root])
        spared += 1
        continue
      }
      let text = full.result.errors + full.result.output
      // Where a single call fails, be it because it is the last one, the run may do without it.
      let isSingle = extent == .once || number == last
      let isDone = isSingle && full.result.status == 0
      #expect(full.result.status == 74 || isDone, "call \(number): \(text)")
      #expect(text.contains("No space left") || isDone, "call \(number): \(text)")
      let again = try runProcess(
        builtProgram("mailarc"), one.arguments, environment: environment)
      #expect(again.status == 0, "call \(number): \(again.errors)")
      #expect(try one.view() == expected, "call \(number)")
      let third = try runProcess(builtProgram("mailarc"), one.arguments)
      #expect(third.output.contains("Nothing to do"), "call \(number): \(third.output)")
      try runSuccessfully("/bin/rm", ["-rf", one.root])
    }
    #expect(spared * 10 <= undisturbed.trace.needingSpace.count)
  }
}
