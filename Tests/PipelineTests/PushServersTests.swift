import Glibc
import Mail
import TestSupport
import Testing

@testable import Pipeline

/// On each server that Debian has: everything arrives, nothing comes twice, whatever it alters.
@Suite struct PushServersTests {
  /// What is tried on each server.
  enum Trial: String, CaseIterable, CustomTestStringConvertible {
    case again = "pushed, pushed again, pushed without state"
    case killed = "killed"
    case selftest = "selftest"
    case compared = "compared"
    case removal = "--prune and --fix-dates"
    var testDescription: String { rawValue }
  }

  @Test(.requires(.dovecot), arguments: Trial.allCases)
  func `Dovecot`(_ trial: Trial) async throws { try await run(trial, on: .dovecot) }

  @Test(.requires(.dovecot), .requires(.courier), arguments: Trial.allCases)
  func `Courier`(_ trial: Trial) async throws { try await run(trial, on: .courier) }

  @Test(.requires(.dovecot), .requires(.cyrus), arguments: Trial.allCases)
  func `Cyrus`(_ trial: Trial) async throws { try await run(trial, on: .cyrus) }

  @Test(.requires(.dovecot), .requires(.mailutils), arguments: Trial.allCases)
  func `GNU mailutils`(_ trial: Trial) async throws { try await run(trial, on: .mailutils) }

  private func run(_ trial: Trial, on kind: ServerKind) async throws {
    let bench = try PushServersBench(kind)
    switch trial {
    case .again: try await again(bench)
    case .killed: try await killed(bench)
    case .selftest: try selftest(bench)
    case .compared: try await compared(bench)
    case .removal: try await removal(bench)
    }
  }

  // MARK: Trials

  private func again(_ bench: PushServersBench) async throws {
    try await bench.fill()
    let user = try bench.newUser()
    let (kept, refused) = try bench.expected()
    let count = kept.values.reduce(0) { $0 + $1.values.reduce(0, +) }
    let first = try await bench.push(user)
    #expect(first.accountFailure == nil)
    #expect(first.mailboxFailures.map(\.failure.summary) == [])
    #expect(first.failures.count == refused, "\(first.failures.map(\.reason))")
    try expectSame(kept, try bench.counted(user))

    let present = ["present": count, "failures": refused].filter { $0.value != 0 }
    #expect(try await bench.push(user).pushed == present)
    try bench.loseState()
    #expect(try await bench.push(user).pushed == present)
    #expect(try await bench.push(user).pushed == present)
    try expectSame(kept, try bench.counted(user))
  }

  /// All is there that the server takes; what it altered, and what it makes of dates, is told.
  private func compared(_ bench: PushServersBench) async throws {
    try await bench.fill()
    let user = try bench.newUser()
    let refused = try await bench.push(user).failures.count
    let view = try bench.source.view().messages
    let receipt = bench.source.directory.file("receipt")
    let early = view.count { $0.date < 0 && bench.kind.kept($0.body) != nil }
    for full in [false, true] {
      let report = try bench.compare(user, full: full, receipt: receipt)
      let there = report.byContent + report.byHeader + (report.counts[.altered] ?? 0)
      #expect(report.messages == view.count)
      #expect(there == view.count - refused, "\(report.findings)")
      #expect(report.counts[.missing] ?? 0 == refused)
      #expect(report.texts(.missing).allSatisfy { $0.hasPrefix("the server refused it: ") })
      #expect(report.counts[.flags] == nil, "\(report.texts(.flags))")
      #expect(report.counts[.extra] == nil)
      #expect((report.counts[.date] ?? 0) <= early, "\(report.texts(.date))")
      let altered = view.filter {
        ![nil, $0.body].contains(bench.kind.kept($0.body))
      }
      let told = report.counts[.altered] ?? 0
      #expect(bench.kind == .mailutils ? told == there : full ? told == altered.count : told > 0)
      #expect(report.exitStatus == (refused + (report.counts[.date] ?? 0) > 0 ? .findings : .done))
    }
    let again = try bench.compare(user, full: true, against: receipt)
    #expect(again.counts[.missing] ?? 0 == refused)
    let sums = try bench.compare(user, full: true).sums
    #expect(again.sums == sums, "\(again.findings)")
    try changed(bench, user)
  }

  /// A lost message, other flags, another date and a stranger are named.
  private func changed(_ bench: PushServersBench, _ user: String) throws {
    let plain = try bench.plain(user)
    let found = try plain.messages(in: "INBOX")
    let before = try bench.compare(user).sums
    let (lost, flagged) = (found[0], found[1])
    // Courier takes no APPEND into a mailbox that is open for reading.
    try plain.select("INBOX")
    try plain.append(PullBench.message("strange"), to: "INBOX")
    try plain.store("\(flagged.uid)", "+FLAGS (\\Draft)")
    try plain.store("\(lost.uid)", "+FLAGS (\\Deleted)")
    try plain.expunge()
    var after = try bench.compare(user).sums
    for kind in ["missing", "flags", "extra"] {
      #expect(after[kind] == (before[kind] ?? 0) + 1, "\(kind)")
      after[kind] = before[kind]
    }
    let there = ["content", "header", "altered"]
    #expect(
      there.reduce(0) { $0 + (after[$1] ?? 0) } == there.reduce(-1) { $0 + (before[$1] ?? 0) })
  }

  private func selftest(_ bench: PushServersBench) throws {
    let user = try bench.newUser()
    let before = try bench.plain(user).list().map(\.name).sorted()
    let result = try runProcess(
      builtProgram("mailarc"),
      ["selftest"] + bench.access(user) + ["--kills", "4", "--message-count", "12", "--seed", "3"],
      environment: [
        "TMPDIR": bench.source.directory.path, "MAILARC_SETTLE_SECONDS": "0.3",
      ])
    if bench.kind == .mailutils {
      // It gives back other octets than it got, and that is told.
      #expect(result.status == 1)
      #expect(result.output.hasSuffix("1 kill: 0 lost, 0 doubled, 4 different\n"))
      return
    }
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(result.output == "4 kills: 0 lost, 0 doubled\n")
    #expect(try bench.plain(user).list().map(\.name).sorted() == before)
  }

  private func removal(_ bench: PushServersBench) async throws {
    for subject in ["a", "b", "c", "d"] { try bench.source.append(subject, flags: ["\\Seen"]) }
    try await bench.pullSource()
    let user = try bench.newUser()
    let plain = try bench.plain(user)
    if bench.kind == .mailutils { try plain.select("INBOX") }
    // What others put there, with the date of that day, and a message that they threw away.
    try plain.append(PullBench.message("a"), to: "INBOX", flags: ["\\Flagged"], date: 1_700_000_000)
    try plain.append(
      PullBench.message("own"), to: "INBOX", flags: ["\\Deleted"], date: 1_700_000_001)
    #expect(try await bench.push(user).exitStatus == .done)
    let view = try bench.source.view()
    let (a, b) = (try view.message("a"), try view.message("b"))
    let fixed = try await bench.push(user) { $0.fixDates = true }
    unlink("\(bench.archive)/INBOX/cur/\(b.file)")
    let report = try await bench.push(user) { $0.prune = true }
    var messages = try bench.plain(user).messages(in: "INBOX")
    let marked = messages.filter { $0.flags.contains("\\deleted") }.map(\.subject).sorted()
    guard bench.kind != .mailutils else {
      // It has no UIDPLUS, and gives back other octets than it got: nobody can tell what they are.
      #expect(fixed.accountFailure?.cause == .usage)
      #expect(marked == ["own"])
      #expect(report.notices.contains { $0.text.contains("not what was pushed") })
      return
    }
    #expect(fixed.pushed == ["present": 4, "dates": 1], "\(fixed)")
    #expect(report.pushed == ["present": 3, "removed": 1], "\(report)")
    #expect(messages.map(\.subject) == ["own", "c", "d", "a"])
    #expect(marked == ["own"])
    let last = messages.removeLast()
    #expect(last.date == a.date)
    #expect(last.flags.isSuperset(of: ["\\flagged", "\\seen"]))
    #expect(try await bench.push(user).pushed == ["present": 3])
    #expect(try await bench.push(user) { $0.fixDates = true }.pushed == ["present": 3])
  }

  private func killed(_ bench: PushServersBench) async throws {
    try bench.source.plain.create("Work")
    for index in 0..<3 { try bench.source.append("i\(index)", flags: ["\\Seen"]) }
    for _ in 0..<2 { try bench.source.append("twin") }
    try bench.source.append("w", to: "Work")
    for _ in 0..<2 { try bench.source.append("twin", to: "Work") }
    try await bench.pullSource()
    let expected = try bench.expected().kept
    var cases: [(user: String, archive: String, child: ChildProcess)] = []
    for step in [1, 4, 9, 14, 20, 27] {
      let archive = bench.source.directory.file("copy\(step)")
      try runSuccessfully("/bin/cp", ["-a", bench.archive, archive])
      let user = try bench.newUser()
      let child = try ChildProcess(
        builtProgram("mailarc"), bench.arguments(user, archive: archive),
        environment: ["MAILARC_KILL_AT_STEP": "\(step)"])
      cases.append((user, archive, child))
    }
    let endings = cases.map { $0.child.wait() }
    #expect(endings.count { $0 == .killed(signal: SIGKILL) } >= 4)
    // At once, while the server may still be at it.
    let resumed = try cases.map { one in
      try ChildProcess(
        builtProgram("mailarc"), bench.arguments(one.user, archive: one.archive),
        environment: ["MAILARC_SETTLE_SECONDS": "0.3"])
    }
    for (one, child) in zip(cases, resumed) {
      let ending = child.wait()
      let text = String(decoding: child.standardError, as: UTF8.self)
      #expect(ending == .exited(0), "\(one.archive): \(text)")
      try expectSame(expected, try bench.counted(one.user), one.archive)
    }
  }
}
