import Glibc
import Mail
import TestSupport
import Testing

@testable import Pipeline

/// `--separator`, `--namespace` and `--all-namespaces` of the program.
@Suite(.requiresDovecot) struct NamespaceProgramTests {
  @Test func `the separator that the user says is the one that counts`() throws {
    var configuration = DovecotConfiguration.usual
    configuration.location = "mdbox:~/mdbox"
    let bench = try PullBench(on: try Dovecot.start(configuration))
    try bench.plain.create("Work.2024")
    try bench.append("one", to: "Work.2024")
    let result = try bench.run(["--separator", "."])
    #expect(result.status == 0, "\(result.errors)")
    #expect(access(bench.archive + "/Work/2024/cur", F_OK) == 0)
    let verified = try runProcess(
      builtProgram("mailarc"),
      [
        "verify", bench.archive, "imap://\(bench.user)@127.0.0.1:\(bench.server.imapPort)",
        "--password-file", bench.directory.file("password"), "--tls-ca", bench.server.caFile,
        "--separator", ".",
      ])
    #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
  }

  /// A target whose mailboxes can only be made below INBOX, and which does not say so.
  @Test func `a push makes mailboxes below the prefix that the user says`() async throws {
    var configuration = DovecotConfiguration.prefixed
    configuration.withheld = ["NAMESPACE"]
    let bench = try PushBench(on: try Dovecot.start(configuration))
    try bench.source.plain.create("Work")
    try bench.source.append("one", to: "Work")
    try await bench.pull()
    let result = try bench.run(["--namespace", "INBOX"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(try bench.subjects("INBOX.Work") == ["one"])
    let again = try bench.run(["--namespace", "INBOX."])
    #expect(again.status == 0, "\(again.errors)")
    #expect(try bench.subjects("INBOX.Work") == ["one"])
  }

  @Test func `shared mailboxes that the server hides are taken if they are asked for`() throws {
    var configuration = DovecotConfiguration.usual
    configuration.extra = [
      """
      namespace public {
        type = public
        prefix = Public/
        separator = /
        location = maildir:~/public
        list = no
        subscriptions = no
      }
      """
    ]
    let bench = try PullBench(on: try Dovecot.start(configuration))
    try bench.plain.create("Public/Team")
    try bench.append("shared", to: "Public/Team")
    try bench.append("own")
    let own = try bench.run()
    #expect(own.status == 0, "\(own.errors)")
    #expect(access(bench.archive + "/Public", F_OK) != 0)
    let all = try bench.run(["--all-namespaces"])
    #expect(all.status == 0, "\(all.errors)")
    #expect(all.output.contains("Public/Team"))
    #expect(access(bench.archive + "/Public/Team/cur", F_OK) == 0)
  }

  @Test(arguments: [["--separator", "ab"], ["--separator", "é"], ["--separator", " "]])
  func `a separator is one character`(_ more: [String]) throws {
    let result = try runProcess(
      builtProgram("mailarc"), ["pull", "imaps://u@h", "/nowhere"] + more)
    #expect(result.status == 64)
    #expect(result.errors.contains("one character"))
  }

  @Test(arguments: [["--separator", "/"], ["--namespace", "INBOX."], ["--all-namespaces"]])
  func `POP3 has no namespaces`(_ more: [String]) throws {
    let result = try runProcess(
      builtProgram("mailarc"), ["pull", "pop3s://u@h", "/nowhere"] + more,
      environment: ["MAILARC_PASSWORD": "x"])
    #expect(result.status == 64)
    #expect(result.errors.contains("is for IMAP"))
  }
}
