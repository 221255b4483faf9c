import Glibc
import TestSupport
import Testing

@testable import Pipeline

/// Pushes by the program that are killed at the first step, at the second and so on, each into an account
/// of its own.
struct PushKills {
  /// An account of its own to push a copy of the archive into.
  struct Case: Sendable {
    let user: String
    let archive: String
  }

  private static let atOnce = 6

  let bench: PushBench
  /// Of the push that is killed.
  var options: [String] = []
  /// Of the pushes that come after it, if they are others.
  var resumeOptions: [[String]]?
  /// Is called with what a killed push left.
  var afterKill: (Case) throws -> Void = { _ in }

  /// A copy of the archive without anything that was pushed, and an account.
  func copy(_ name: String, user: String? = nil) throws -> Case {
    let one = Case(
      user: try user ?? PushBench.newUser(on: bench.server),
      archive: bench.source.directory.file(name))
    try runSuccessfully("/bin/cp", ["-a", bench.archive, one.archive])
    _ = try? runProcess("/bin/rm", ["-rf", one.archive + "/.mailarc/push"])
    return one
  }

  /// The independent client in a case's account.
  func plain(_ one: Case) throws -> PlainIMAP {
    try PlainIMAP(port: bench.server.imapPort, user: one.user, password: "secret")
  }

  func arguments(_ one: Case) -> [String] {
    bench.arguments(["--connections", "1"], archive: one.archive, user: one.user)
  }

  /// A push with the options that nobody disturbs.
  func run(_ one: Case) throws -> ProcessResult {
    try runProcess(
      builtProgram("mailarc"), arguments(one) + options,
      environment: ["MAILARC_SETTLE_SECONDS": "0.3"])
  }

  /// Pushes with a kill at the first step, at the second and so on, until none is reached; each time
  /// runs again and compares with the account that an undisturbed run filled.
  ///
  /// - Parameters:
  ///   - expected: that account.
  ///   - beforeResuming: changes what a killed push left.
  ///   - prepare: makes a case ready.
  /// - Returns: the number of steps.
  /// - Throws: where a program can't be run or an account not be read; what the closures throw.
  func atEveryStep(
    _ expected: PlainAccount, beforeResuming: (Case) throws -> Void = { _ in },
    prepare: (Case) async throws -> Void
  ) async throws -> Int {
    var step = 1
    while true {
      var cases: [Case] = []
      for number in step..<step + Self.atOnce {
        let one = try copy("\(number)")
        try await prepare(one)
        cases.append(one)
      }
      let killed = try cases.enumerated().map { index, one in
        try ChildProcess(
          builtProgram("mailarc"), arguments(one) + options,
          environment: ["MAILARC_KILL_AT_STEP": "\(step + index)"])
      }
      let endings = killed.map { $0.wait() }
      for one in cases {
        try afterKill(one)
        try beforeResuming(one)
      }
      for options in resumeOptions ?? [options] {
        let again = try cases.enumerated().map { index, one in
          // Half of them at once, and half when the server has done all that it was told.
          if index % 2 == 1 { try bench.server.waitForSessions(of: one.user) }
          return try ChildProcess(
            builtProgram("mailarc"), arguments(one) + options,
            environment: ["MAILARC_SETTLE_SECONDS": "0.3"])
        }
        for (index, child) in again.enumerated() {
          let ending = child.wait()
          let text = String(decoding: child.standardError, as: UTF8.self)
          #expect(ending == .exited(0), "step \(step + index): \(text)")
        }
        for one in cases { try afterKill(one) }
      }
      for (index, one) in cases.enumerated() { try compare(one, expected, step + index) }
      if let last = endings.firstIndex(of: .exited(0)) { return step + last - 1 }
      #expect(endings.allSatisfy { $0 == .killed(signal: SIGKILL) })
      step += Self.atOnce
    }
  }

  private func compare(_ one: Case, _ expected: PlainAccount, _ step: Int) throws {
    var found = try plain(one).account()
    var wanted = expected
    if !options.isEmpty {
      for name in wanted.mailboxes.keys { wanted.mailboxes[name]?.messages.sort(by: order) }
      for name in found.mailboxes.keys { found.mailboxes[name]?.messages.sort(by: order) }
    }
    #expect(wanted.differences(from: found) == [], "after a kill at step \(step)")
  }

  private func order(_ one: PlainMessage, _ other: PlainMessage) -> Bool {
    (one.subject, one.date, one.flags.sorted().joined())
      < (other.subject, other.date, other.flags.sorted().joined())
  }
}
