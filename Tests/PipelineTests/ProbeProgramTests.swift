import Foundation
import TestSupport
import Testing

@testable import Pipeline

/// The program's own probe: what it prints, with which status it ends, and that it writes no file.
@Suite(.requiresDovecot) struct ProbeProgramTests {
  private func events(_ text: String) throws -> [[String: Any]] {
    try text.split(separator: "\n").map { line in
      try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  @Test func `people see the mailboxes, and nothing is written`() throws {
    let bench = try ProbeBench(.dovecot)
    try bench.fill()
    let result = try bench.run([])
    // The certificate of the test's server does not live long.
    #expect(result.status == 1, "\(result.errors)")
    #expect(result.output.contains("  TLS              TLSv1.3"))
    #expect(result.output.contains("\nINBOX "))
    #expect(result.output.contains("\nWork "))
    #expect(result.output.contains("1 warning: see above."))
    let quiet = try bench.run(["--quiet"])
    #expect(quiet.output.isEmpty)
    #expect(quiet.errors.contains("certificate"))
  }

  @Test func `programs get events`() throws {
    let bench = try ProbeBench(.dovecot)
    try bench.fill()
    let result = try bench.run(["--json"])
    let events = try events(result.output)
    let types = events.compactMap { $0["type"] as? String }
    #expect(types.first == "account-probed")
    #expect(types.last == "summary")
    #expect(events[0]["account"] as? String == bench.user + "@127.0.0.1")
    #expect((events[0]["tls"] as? [String: Any])?["version"] as? String == "TLSv1.3")
    #expect(events[0]["messages"] as? Int == 5)
    #expect(events[0]["bytes"] as? Int == Int(ProbeBench.octets(5)))
    let inbox = events.first { $0["mailbox"] as? String == "INBOX" }
    #expect(inbox?["messages"] as? Int == 3)
    #expect(events.last?["exit_status"] as? Int == Int(result.status))
  }

  @Test func `two accounts, each with its options`() throws {
    let source = try ProbeBench(.dovecot)
    let target = try ProbeBench(.dovecot)
    try source.fill()
    let (password, authority) = (source.directory.file("password"), source.server.caFile)
    let options = ["source", "target"].flatMap { role in
      ["--\(role)-password-file", password, "--\(role)-tls-ca", authority]
    }
    func url(_ bench: ProbeBench) -> String {
      "imap://\(bench.user)@127.0.0.1:\(bench.server.imapPort)"
    }
    let arguments = ["probe", url(source), url(target), "--json"]
    let result = try runProcess(builtProgram("mailarc"), arguments + options)
    let events = try events(result.output)
    let roles = events.filter { $0["type"] as? String == "account-probed" }
      .compactMap { $0["role"] as? String }
    #expect(roles == ["source", "target"])
    let same = try runProcess(
      builtProgram("mailarc"), ["probe", url(source), url(source), "--quiet"] + options)
    #expect(same.status == 1)
    #expect(same.errors.contains("source and target are the same account"))
    // Whose password is wrong is said.
    try writeFile(target.directory.file("password"), "wrong\n")
    let wrong = options + ["--target-password-file", target.directory.file("password")]
    let refused = try runProcess(builtProgram("mailarc"), arguments + wrong)
    #expect(refused.status == 77)
    #expect(refused.errors.contains("target: the login was refused"))
  }

  @Test func `a target over POP3 is refused before anything is asked`() throws {
    let result = try runProcess(
      builtProgram("mailarc"), ["probe", "imap://a@127.0.0.1:1", "pop3://a@127.0.0.1:1"])
    #expect(result.status == 64)
    #expect(result.errors.contains("POP3"))
  }

  @Test func `an account over POP3`() throws {
    let bench = try ProbeBench(.dovecot)
    try bench.fill()
    let result = try bench.run(["--json"], pop3: true)
    let events = try events(result.output)
    #expect(events[0]["service"] as? String == "pop3")
    #expect(events[0]["messages"] as? Int == 3)
    #expect(events[0]["pipelining"] as? Bool == true)
    #expect(events.contains { $0["kind"] as? String == "only-inbox" })
  }
}
