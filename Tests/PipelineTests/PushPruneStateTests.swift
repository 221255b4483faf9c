import Glibc
import Mail
import TestSupport
import Testing

@testable import Pipeline

/// `--prune` after state was lost, and along with `--mend`.
@Suite(.requiresDovecot) struct PushPruneStateTests {
  private static let subjects = (0..<12).map { "m\($0)" }

  private func prune(
    _ bench: PushBench, _ server: FakeTarget, mend: Bool = false
  ) async throws -> RunReport {
    try await bench.push(to: server) {
      $0.prune = true
      $0.pruneLimit = 100
      $0.mend = mend
    }
  }

  @Test(arguments: [
    ".mailarc/pull", ".mailarc/seen", ".mailarc/mailboxes", "states.journal", "runs.journal",
    "mailboxes",
  ])
  func `without what is only help the same is removed`(_ lost: String) async throws {
    let bench = try await PushBench.holding(Self.subjects)
    let server = try FakeTarget(FakeTarget.Behaviour.all)
    #expect(try await bench.push(to: server).pushed == ["transferred": 12])
    for subject in ["m3", "m7"] { try bench.delete(subject) }
    _ = server.store(
      [.init(uid: 0, flags: [], date: nil, body: PullBench.message("m3"))], in: "INBOX",
      collapsing: false)
    let state = bench.archive + "/.mailarc/push/" + bench.identity + "/"
    let path = lost.hasPrefix(".") ? bench.archive + "/" + lost : state + lost
    #expect(lost.hasSuffix("seen") || access(path, F_OK) == 0)
    try runSuccessfully("/bin/rm", ["-rf", path])
    #expect(try await prune(bench, server).pushed == ["present": 10, "removed": 2])
    let left = Self.subjects.filter { $0 != "m3" && $0 != "m7" }
    #expect(server.subjects() == left + ["m3"])
    #expect(try await prune(bench, server).pushed == ["present": 10])
  }

  @Test func `without the index nothing is, and nothing is sent again`() async throws {
    let bench = try await PushBench.holding(Self.subjects)
    let server = try FakeTarget(FakeTarget.Behaviour.all)
    #expect(try await bench.push(to: server).pushed == ["transferred": 12])
    try runSuccessfully("/bin/rm", ["-r", bench.archive + "/.mailarc/push"])
    try bench.delete("m3")
    #expect(try await bench.push(to: server).pushed == ["present": 11])
    try bench.delete("m7")
    for _ in 0..<2 { #expect(try await prune(bench, server).pushed == ["present": 10]) }
    #expect(server.subjects() == Self.subjects)
  }

  @Test func `the mended copy goes with its message, and an old one once a mended one is there`()
    async throws
  {
    let bench = try await PushBench.odd([MendMail.nul, MendMail.colon])
    let server = try FakeTarget(FakeTarget.Behaviour.all) { $0.append = MendMail.refuse }
    #expect(try await bench.mend(to: server).pushed == ["transferred": 4])
    // The one is deleted, the other stays; what was taken is edited so that it is refused.
    try runSuccessfully("/bin/rm", [bench.archive + "/INBOX/cur/1600000001.odd:2,"])
    try bench.put("Subject: a\r\nno field either\r\n\r\nText\r\n", as: "1600000000.a")
    let plain = try await prune(bench, server)
    #expect(plain.pushed == ["present": 2, "removed": 1, "failures": 1])
    #expect(server.texts().sorted() == ["a", "b", MendMail.colonMended].sorted())
    let report = try await prune(bench, server, mend: true)
    #expect(report.pushed == ["transferred": 1, "present": 2, "removed": 1])
    let mended = "Subject: a\r\nX-Mailarc-Mended: no field either\r\n\r\nText\r\n"
    #expect(server.texts().sorted() == ["b", MendMail.colonMended, mended].sorted())
    for mend in [false, true] {
      #expect(try await prune(bench, server, mend: mend).pushed == ["present": 3])
    }
  }
}
