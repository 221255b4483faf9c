import Journals
import Platform
import TestSupport
import Testing

@testable import Pipeline

/// A push that leaves out where it goes.
@Suite(.requiresDovecot) struct PushWithoutTargetTests {
  private static func push(_ bench: PushBench, archive: String? = nil) throws -> ProcessResult {
    var arguments = bench.arguments(archive: archive)
    arguments.remove(at: 2)
    return try runProcess(builtProgram("mailarc"), arguments)
  }

  @Test func `it goes where the archive was pushed before`() async throws {
    let bench = try await PushBench.holding(["one"])
    try bench.run()
    try bench.drop("two", as: "1700000000.x")
    let result = try Self.push(bench)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try bench.subjects() == ["one", "two"])
    // The password does not stand in what was recorded.
    let recorded = try readFile(
      bench.archive + "/.mailarc/push/" + bench.identity + "/mailboxes")
    #expect(recorded.contains("url imap://\(bench.user)@127.0.0.1:\(bench.server.imapPort)"))
    #expect(!recorded.contains("secret"))
  }

  @Test func `a record that names another account is not followed`() async throws {
    let bench = try await PushBench.holding(["one"])
    try bench.run()
    let directory = try Directory.open(path: bench.archive + "/.mailarc/push/" + bench.identity)
    var table = try #require(TargetTable(in: directory))
    table.url = "imap://somebody@127.0.0.1:\(bench.server.imapPort)"
    table.url?.replace("127.0.0.1", with: "localhost")
    try table.write(in: directory)
    let result = try Self.push(bench)
    #expect(result.status == 64)
    #expect(result.errors.contains("somebody@localhost"))
  }

  @Test func `where it was pushed nowhere, or to several accounts, that is an error`() async throws
  {
    let bench = try await PushBench.holding(["one"])
    let never = try Self.push(bench)
    #expect(never.status == 64)
    #expect(never.errors.contains("the archive was never pushed"))
    try bench.run()
    let other = try PushBench.newUser(on: bench.server)
    #expect(try runProcess(builtProgram("mailarc"), bench.arguments(user: other)).status == 0)
    let several = try Self.push(bench)
    #expect(several.status == 64)
    #expect(several.errors.contains("imap://\(other)@127.0.0.1"))
    #expect(several.errors.contains("imap://\(bench.user)@127.0.0.1"))
    let none = try Self.push(bench, archive: bench.archive + "/INBOX")
    #expect(none.status == 64)
    #expect(none.errors.contains("no archive"))
  }
}
