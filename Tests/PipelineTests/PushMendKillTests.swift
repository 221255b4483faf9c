import Glibc
import TestSupport
import Testing

@testable import Pipeline

/// Killed wherever it may die, a push that mends ends as one that nobody disturbed, whether the next run
/// mends or not.
@Suite(.requiresDovecot) struct PushMendKillTests {
  private static let atOnce = 6

  /// What the server offers, and whether an earlier run recorded what it refuses.
  struct Course: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let capabilities: String?
    let isRecorded: Bool

    static let all = [
      Course(testDescription: "refused in this run", capabilities: nil, isRecorded: false),
      Course(testDescription: "refused before", capabilities: nil, isRecorded: true),
      Course(
        testDescription: "no UIDPLUS",
        capabilities: "IMAP4rev1 ID ENABLE NAMESPACE UNSELECT LIST-EXTENDED LIST-STATUS ESEARCH "
          + "MULTIAPPEND LITERAL+", isRecorded: true),
    ]

    func server() throws -> Dovecot {
      guard let capabilities else { return try SharedDovecot.get() }
      var configuration = DovecotConfiguration.usual
      configuration.extra = ["imap_capability = \(capabilities)"]
      return try Dovecot.start(configuration)
    }
  }

  private struct Case: Sendable {
    let user: String
    let archive: String
  }

  @Test(arguments: Course.all)
  func `killed at any step, each copy is there once`(_ course: Course) async throws {
    let server = try course.server()
    let bench = try PushBench(on: server)
    try await bench.pull()
    try bench.drop("a", as: "1600000000.a")
    // Dovecot refuses what is empty.
    for number in 1...2 { try bench.put("", as: "160000000\(number).odd", flags: "S") }
    try bench.drop("b", as: "1700000000.b")
    var step = 1
    while true {
      let cases = try (step..<step + Self.atOnce).map { try prepare(bench, course, $0) }
      let killed = try cases.enumerated().map { index, one in
        try child(bench, one, ["--mend"], ["MAILARC_KILL_AT_STEP": "\(step + index)"])
      }
      let endings = killed.map { $0.wait() }
      // Half of them at once, and half when the server has done all that it was told.
      for (index, one) in cases.enumerated() where index % 2 == 1 {
        try server.waitForSessions(of: one.user)
      }
      let plain = try cases.map { try child(bench, $0, []) }
      for (index, child) in plain.enumerated() {
        let ending = child.wait()
        #expect(ending == .exited(0) || ending == .exited(1), "step \(step + index)")
        let copies = try bodies(server, cases[index]).count { $0 == MendMail.emptyMended }
        #expect((ending == .exited(0)) == (copies == 2), "step \(step + index)")
      }
      let again = try cases.map { try child(bench, $0, ["--mend"]) }
      for (index, child) in again.enumerated() {
        let ending = child.wait()
        let text = String(decoding: child.standardError, as: UTF8.self)
        #expect(ending == .exited(0), "step \(step + index): \(text)")
        #expect(
          try bodies(server, cases[index]).sorted() == Self.expected, "step \(step + index)")
      }
      if let last = endings.firstIndex(of: .exited(0)) {
        #expect(step + last > 10)
        break
      }
      #expect(endings.allSatisfy { $0 == .killed(signal: SIGKILL) })
      step += Self.atOnce
    }
    withExtendedLifetime(server) {}
  }

  private static let expected = [
    MendMail.emptyMended, MendMail.emptyMended,
    String(decoding: PullBench.message("a"), as: UTF8.self),
    String(decoding: PullBench.message("b"), as: UTF8.self),
  ].sorted()

  private func prepare(_ bench: PushBench, _ course: Course, _ step: Int) throws -> Case {
    let one = Case(
      user: try PushBench.newUser(on: bench.server),
      archive: bench.source.directory.file("\(step)"))
    try runSuccessfully("/bin/cp", ["-a", bench.archive, one.archive])
    if course.isRecorded {
      #expect(try child(bench, one, []).wait() == .exited(1))
    }
    return one
  }

  private func child(
    _ bench: PushBench, _ one: Case, _ more: [String], _ environment: [String: String] = [:]
  ) throws -> ChildProcess {
    try ChildProcess(
      builtProgram("mailarc"),
      bench.arguments(["--connections", "1"] + more, archive: one.archive, user: one.user),
      environment: ["MAILARC_SETTLE_SECONDS": "0.3"].merging(environment) { $1 })
  }

  private func bodies(_ server: Dovecot, _ one: Case) throws -> [String] {
    try PlainIMAP(port: server.imapPort, user: one.user, password: "secret")
      .messages(in: "INBOX").map { String(decoding: $0.body, as: UTF8.self) }
  }
}
