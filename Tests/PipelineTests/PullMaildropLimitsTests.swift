import Clients
import TestSupport
import Testing

@testable import Pipeline

/// Pulls over POP3 from servers that limit logins.
@Suite struct PullMaildropLimitsTests {
  private func bench(
    _ answers: [String], _ capabilities: [String] = []
  ) throws -> MaildropBench {
    let bench = try MaildropBench()
    bench.hold([MaildropBench.message("one"), MaildropBench.message("two")])
    bench.server.change { state in
      state.capabilities? += capabilities
      state.loginAnswers = answers
    }
    return bench
  }

  @Test(
    arguments: [
      (["LOGIN-DELAY 77"], 77), (["LOGIN-DELAY 900 USER"], 900), ([], 60), (["LOGIN-DELAY x"], 60),
    ] as [([String], Double)])
  func `a login that came too soon is tried again after the server's own delay`(
    _ capabilities: [String], _ expected: Double
  ) async throws {
    let bench = try bench(["-ERR [LOGIN-DELAY] too soon"], capabilities)
    let pauses = Pauses()
    let report = try await bench.pull(retry: pauses.policy())
    #expect(report.exitStatus == .done)
    #expect(report.mailboxes.map(\.transferred) == [2])
    #expect(pauses.seconds == [expected])
    #expect(bench.take("PASS") == 2)
  }

  @Test func `a delay of more than a quarter of an hour is not waited for`() async throws {
    let bench = try bench(["-ERR [LOGIN-DELAY] too soon"], ["LOGIN-DELAY 901"])
    let pauses = Pauses()
    let report = try await bench.pull(retry: pauses.policy())
    #expect(report.exitStatus == .tryAgain)
    #expect(pauses.seconds == [])
    #expect(bench.take("PASS") == 1)
  }

  @Test(arguments: ["[IN-USE]", "[SYS/TEMP]"])
  func `a maildrop that is in use is waited for`(_ code: String) async throws {
    let bench = try bench(["-ERR \(code) later", "-ERR \(code) later"])
    let pauses = Pauses()
    let report = try await bench.pull(retry: pauses.policy())
    #expect(report.exitStatus == .done)
    #expect(report.mailboxes.map(\.transferred) == [2])
    #expect(pauses.seconds == [0.75, 1.5])
    #expect(bench.take("PASS") == 3)
  }

  @Test(arguments: ["-ERR [AUTH] wrong", "-ERR wrong"])
  func `a wrong password is tried once`(_ answer: String) async throws {
    let bench = try bench(Array(repeating: answer, count: 5))
    let report = try await bench.pull(retry: Pauses().policy())
    #expect(report.exitStatus == .loginRefused)
    #expect(bench.take("PASS") == 1)
  }
}
