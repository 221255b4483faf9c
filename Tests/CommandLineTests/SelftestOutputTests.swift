import Mail
import Pipeline
import Platform
import Protocols
import Testing

@testable import CommandLine

struct SelftestOutputTests {
  private func report(_ kinds: [SelftestFinding.Kind]) throws -> SelftestReport {
    var report = SelftestReport(plannedKills: 20, seed: 4)
    report.kills = 20
    report.findings = kinds.map {
      SelftestFinding(kind: $0, message: 1, uid: nil, text: "\u{1B}[1m\($0)")
    }
    return report
  }

  @Test func `Nothing found is one line`() throws {
    let report = try report([])
    #expect(SelftestText.render(report) == ["20 kills: 0 lost, 0 doubled"])
    #expect(report.exitStatus == .done)
  }

  @Test func `What was found is listed, escaped, with what is kept`() throws {
    var report = try report([.doubled, .lost, .lost])
    report.mailbox = "m\u{7}"
    report.archive = "/tmp/a"
    let lines = SelftestText.render(report)
    #expect(lines.first == "Lost:")
    #expect(lines.last == "20 kills: 2 lost, 1 doubled")
    #expect(lines.contains("  the archive /tmp/a"))
    #expect(lines.contains { $0.contains("seed 4") })
    #expect(lines.allSatisfy { !$0.contains("\u{1B}") && !$0.contains("\u{7}") })
    #expect(report.exitStatus == .findings)
  }

  @Test func `Kills that could not be made up for are no success`() throws {
    var report = try report([])
    report.kills = 19
    #expect(
      SelftestText.render(report)
        == ["19 kills of 20, the others came too late: 0 lost, 0 doubled"])
    #expect(report.exitStatus == .findings)
  }

  @Test func `A round in one line`() {
    let kills = ["at step 7 (a: b)", "after 0.12 s"].map { SelftestKill(moment: $0) }
    let round = SelftestRound(
      number: 3, kills: kills, pause: 0, messages: 1, seconds: 10.44, findings: 0)
    #expect(
      SelftestText.line(round)
        == "round 3: killed at step 7 (a: b), again killed after 0.12 s, run again at once: "
        + "1 message, all as they should be (10.4 s)")
  }

  @Test func `All options of the account are handed on, the password is not shown`() throws {
    let invocation = try ArgumentParser.parse([
      "selftest", "--tls-ca", "-x", "--password-file=/p", "imap://u@h", "--allow-plaintext",
      "--timeout=7", "--kills=3",
    ])
    let launcher = try SelftestLauncher(invocation, password: Secret("hunter2"))
    let setup = launcher.setup(archive: "/a", variables: ["A": "b"])
    #expect(
      setup.arguments == [
        "mailarc", "push", "--quiet", "--connections=1", "--password-file=/dev/fd/3",
        "--tls-ca=-x", "--allow-plaintext", "--timeout=7", "--", "/a", "imap://u@h",
      ])
    _ = try ArgumentParser.parse(Array(setup.arguments.dropFirst()))
    let environment = try #require(setup.environment)
    #expect(environment.contains("A=b"))
    #expect(environment.allSatisfy { !$0.hasPrefix("MAILARC_PASSWORD=") })
    #expect((setup.arguments + environment).allSatisfy { !$0.contains("hunter2") })
  }

  @Test func `Every option of an account that a push takes is taken and handed on`() {
    let own: Set<OptionName> = [.passwordFile, .passwordCommand, .connections]
    for option in OptionTable.options(of: .push) where option.group == .account {
      #expect(own.contains(option.name) || option.commands.contains(.selftest))
    }
  }
}
