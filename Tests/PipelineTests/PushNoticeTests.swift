import Glibc
import Mail
import TestSupport
import Testing

@testable import Pipeline

/// What a push tells of messages by name.
@Suite(.requiresDovecot) struct PushNoticeTests {
  private typealias Behaviour = FakeTarget.Behaviour

  @Test(arguments: [
    ([], ""), (["a"], "a"), (["a", "b"], "a, b"),
    ((1...20).map { "\($0)" }, (1...20).map { "\($0)" }.joined(separator: ", ")),
    ((1...21).map { "\($0)" }, (1...20).map { "\($0)" }.joined(separator: ", ") + " and 1 more"),
  ])
  func `no list has more than twenty names`(_ names: [String], _ text: String) {
    #expect(Counted.list(names) == text)
  }

  @Test(arguments: [3, 30])
  func `what had not arrived is named`(_ count: Int) async throws {
    let subjects = (0..<count).map { "m\($0)" }
    let bench = try await PushBench.dropping(subjects)
    let server = try FakeTarget(Behaviour.all) {
      $0.append = { $0.number == 1 ? .close(keep: 1, bye: false) : .store }
    }
    let report = try await bench.push(to: server)
    let files = try subjects.dropFirst().map { try bench.file($0) }
    #expect(
      report.notices.map(\.text) == [
        "\(count - 1) messages that were on their way when a connection or a run broke off had not "
          + "arrived and are sent again: " + Counted.list(files)
      ])
  }

  @Test func `what is on its way twice and arrived once is named once`() async throws {
    let bench = try await PushBench.dropping(["twin", "twin"])
    let server = try FakeTarget(Behaviour.all) {
      $0.append = { $0.number == 1 ? .close(keep: 1, bye: false) : .store }
    }
    let report = try await bench.push(to: server)
    #expect(
      report.notices.map(\.text) == [
        "1 message that was on its way when a connection or a run broke off had not arrived and is "
          + "sent again: \(bench.archive)/INBOX/cur/1600000001.x:2,"
      ])
  }

  @Test func `what stays on the target though it left the archive's mailbox is named`()
    async throws
  {
    let bench = try await PushBench.dropping(["deleted", "moved", "kept"])
    for part in ["", "/cur", "/new", "/tmp"] { try makeDirectory(bench.archive + "/Work" + part) }
    // It can't move.
    let server = try FakeTarget(Behaviour.all)
    #expect(try await bench.push(to: server).notices == [])
    try removeFile(try bench.file("deleted"))
    try bench.rename(
      try bench.file("moved"), bench.archive + "/Work/cur/1600000001.x:2,")
    for _ in 0..<2 {
      let report = try await bench.push(to: server)
      #expect(report.notices.map(\.mailbox) == [.inbox])
      #expect(
        report.notices.map(\.text) == [
          "2 messages that were pushed are no longer in the archive and stay on the target: "
            + "1600000000.x, 1600000001.x"
        ])
    }
  }

  @Test func `a name that acts on the terminal is shown as what it is`() async throws {
    let bench = try await PushBench.dropping([])
    try bench.drop("a", as: "1600000000.\u{1B}[31m")
    let server = try FakeTarget(Behaviour.all)
    #expect(try await bench.push(to: server).pushed == ["transferred": 1])
    try removeFile(try bench.file("a"))
    let result = try runProcess(
      builtProgram("mailarc"), bench.arguments(["--allow-plaintext"], port: server.port))
    #expect(result.status == 0, "\(result.errors)")
    #expect((result.output + result.errors).contains("on the target: 1600000000.\\x1B[31m"))
    #expect(!(result.output + result.errors).contains("\u{1B}"))
  }

  private func removeFile(_ path: String) throws {
    guard unlink(path) == 0 else { throw TestSystemError("unlink", path) }
  }
}
