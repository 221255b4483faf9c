import Glibc
import TestSupport
import Testing

@testable import Pipeline

/// Killed wherever it may die, what removes messages from the target removes exactly the right ones in the
/// end, and never the last copy of anything.
@Suite(.requiresDovecot) struct PushRemovalKillTests {
  private static let inbox = (0..<6).map { "m\($0)" } + ["twin", "twin"]

  /// An archive with messages in two mailboxes that another program left.
  private func bench() async throws -> PushBench {
    let bench = try await PushBench.dropping(Self.inbox)
    for path in ["/Work", "/Work/cur", "/Work/new", "/Work/tmp"] {
      try makeDirectory(bench.archive + path)
    }
    for index in 0..<3 {
      try bench.drop("w\(index)", as: "17\(index).w")
      try bench.rename(
        bench.archive + "/INBOX/cur/17\(index).w:2,",
        bench.archive + "/Work/cur/17\(index).w:2,S")
    }
    return bench
  }

  private func push(_ bench: PushBench, _ one: PushKills.Case) async throws {
    let report = try await bench.push {
      $0.user = one.user
      $0.archive = one.archive
    }
    guard report.exitStatus == .done else { throw TestSetupError("\(report)") }
  }

  // MARK: --prune

  private static let doomed = [
    "INBOX/cur/1600000001.x:2,", "INBOX/cur/1600000004.x:2,", "INBOX/cur/1600000007.x:2,",
    "Work/cur/170.w:2,S",
  ]

  /// A push, somebody's own mail, one message of which is marked as deleted, and then files go.
  private func prepareToPrune(
    _ bench: PushBench, _ one: PushKills.Case, theirs: String
  ) async throws {
    try await push(bench, one)
    let plain = try PlainIMAP(port: bench.server.imapPort, user: one.user, password: "secret")
    try plain.append(PullBench.message(theirs), to: "INBOX", date: 1_300_000_000)
    try plain.append(PullBench.message("own"), to: "INBOX", flags: ["\\Deleted"], date: 1)
    for file in Self.doomed { unlink("\(one.archive)/\(file)") }
  }

  @Test func `--prune that is killed at any step and run again`() async throws {
    let bench = try await bench()
    let kills = PushKills(bench: bench, options: ["--prune", "--prune-limit", "100"])
    let reference = try kills.copy("reference", user: bench.user)
    try await prepareToPrune(bench, reference, theirs: "m1")
    let done = try kills.run(reference)
    #expect(done.status == 0, "\(done.errors)")
    let expected = try bench.plain.account()
    #expect(
      try bench.subjects() == ["m0", "m2", "m3", "m5", "twin", "m1", "own"])
    #expect(try bench.subjects("Work") == ["w1", "w2"])
    let steps = try await kills.atEveryStep(expected) {
      try await prepareToPrune(bench, $0, theirs: "m1")
    }
    #expect(steps > 15)
  }

  @Test func `--prune that is killed at any step, and all that was to go is put back`() async throws
  {
    let bench = try await bench()
    var kills = PushKills(bench: bench, options: ["--prune", "--prune-limit", "100"])
    kills.resumeOptions = [[]]
    let reference = try kills.copy("reference", user: bench.user)
    try await prepareToPrune(bench, reference, theirs: "m0")
    let expected = try bench.plain.account()
    let steps = try await kills.atEveryStep(expected) { one in
      for file in Self.doomed {
        try runSuccessfully(
          "/bin/cp", ["-a", "\(bench.archive)/\(file)", "\(one.archive)/\(file)"])
      }
    } prepare: {
      try await prepareToPrune(bench, $0, theirs: "m0")
    }
    #expect(steps > 15)
  }

  // MARK: --fix-dates

  /// A target that had some of the mail, with wrong dates and flags of its own; and then files get other
  /// dates.
  private func prepareToFix(_ bench: PushBench, _ one: PushKills.Case) async throws {
    let plain = try PlainIMAP(port: bench.server.imapPort, user: one.user, password: "secret")
    for subject in ["m0", "twin"] {
      try plain.append(
        PullBench.message(subject), to: "INBOX", flags: ["\\Flagged", "theirs"],
        date: 1_700_000_000)
    }
    try plain.append(PullBench.message("own"), to: "INBOX", flags: ["\\Deleted"], date: 1)
    try await push(bench, one)
    for file in ["INBOX/cur/1600000001.x:2,", "INBOX/cur/1600000003.x:2,", "Work/cur/171.w:2,S"] {
      try setModificationTime("\(one.archive)/\(file)", 1_200_000_000)
    }
  }

  /// No kill and no run leaves fewer copies of anything than there were.
  private func expectAll(_ kills: PushKills, _ one: PushKills.Case) throws {
    let plain = try kills.plain(one)
    var counts: [String: Int] = [:]
    for message in try plain.messages(in: "INBOX") + plain.messages(in: "Work") {
      counts[message.subject, default: 0] += 1
    }
    for subject in Set(Self.inbox + ["own", "w0", "w1", "w2"]) {
      #expect(counts[subject, default: 0] >= (subject == "twin" ? 2 : 1), "\(subject)")
    }
  }

  @Test(arguments: [[["--fix-dates"]], [[], ["--fix-dates"]]])
  func `--fix-dates that is killed at any step and run again`(_ resume: [[String]]) async throws {
    let bench = try await bench()
    var kills = PushKills(bench: bench, options: ["--fix-dates"])
    kills.resumeOptions = resume
    let reference = try kills.copy("reference", user: bench.user)
    try await prepareToFix(bench, reference)
    let done = try kills.run(reference)
    #expect(done.status == 0, "\(done.errors)")
    let expected = try bench.plain.account()
    let found = try bench.plain.messages(in: "INBOX")
    #expect(found.count == 9)
    #expect(found.filter { $0.date == 1_200_000_000 }.map(\.subject).sorted() == ["m1", "m3"])
    #expect(found.filter { $0.date == 1_700_000_000 }.isEmpty)
    #expect(found.filter { $0.flags.contains("theirs") }.map(\.subject).sorted() == ["m0", "twin"])
    let all = kills
    kills.afterKill = { try expectAll(all, $0) }
    let steps = try await kills.atEveryStep(expected) { try await prepareToFix(bench, $0) }
    #expect(steps > 30)
  }
}
