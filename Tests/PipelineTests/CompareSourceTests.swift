import Mail
import TestSupport
import Testing

@testable import Pipeline

/// The account from which an archive was pulled, compared with it.
@Suite(.requiresDovecot) struct CompareSourceTests {
  private func pulled(_ subjects: [String]) async throws -> PushBench {
    try await PushBench.holding(subjects)
  }

  @Test func `what was pulled is there`() async throws {
    let bench = try PushBench()
    try bench.source.plain.create("Work")
    try bench.source.append("w", to: "Work", flags: ["\\Seen", "Mine"])
    for subject in ["one", "twin", "twin"] { try bench.source.append(subject) }
    try await bench.pull()
    let report = try bench.compareSource()
    #expect(report.sums == ["header": 2, "content": 2], "\(report.findings)")
    #expect(report.exitStatus == .done)
  }

  @Test func `what the archive lacks is a difference, but for what was deleted there`() async throws
  {
    let bench = try await pulled(["one", "two", "three"])
    try runSuccessfully("/bin/rm", [try bench.file("two")])
    let before = try bench.compareSource()
    #expect(before.texts(.unfetched) == ["1 message, pulled, and not in the archive as it was"])
    #expect(before.exitStatus == .findings)
    try bench.source.append("four")
    try await bench.pull()
    try bench.source.append("new")
    try bench.source.plain.create("Later")
    try bench.source.append("later", to: "Later")
    let report = try bench.compareSource()
    #expect(report.sums == ["header": 3, "unfetched": 2])
    #expect(
      report.texts(.unfetched) == ["1 message, not pulled yet", "1 message, not pulled yet"])
    #expect(report.notes == ["INBOX: 1 message, deleted by hand in the archive"])
    #expect(report.exitStatus == .findings)
  }

  @Test func `what is gone at the source, what was edited, and what never came from there`()
    async throws
  {
    let bench = try await pulled(["one", "two", "three"])
    try bench.source.plain.select("INBOX")
    try bench.source.plain.store("1", "+FLAGS (\\Deleted)")
    try bench.source.plain.expunge()
    #expect(try bench.compareSource().texts(.missing) == ["it is gone since the last pull"])
    try await bench.pull()
    try bench.drop("own", as: "1600000000.x")
    let path = try bench.file("two")
    try writeFile(path, String(decoding: readBytes(path), as: UTF8.self) + "More.\n")
    let report = try bench.compareSource()
    #expect(report.sums == ["header": 1, "missing": 3, "unfetched": 1])
    #expect(
      report.texts(.missing) == [
        "it was gone at the last pull", "it was edited since it came",
        "it did not come from there",
      ])
    #expect(
      report.texts(.unfetched) == ["1 message, pulled, and not in the archive as it was"])
  }

  /// What was moved by hand is looked for where it came from.
  @Test func `moves and renames in the archive are no difference`() async throws {
    let bench = try PushBench()
    for name in ["Work", "Other"] {
      try bench.source.plain.create(name)
      for subject in ["a", "b"] { try bench.source.append(name + subject, to: name) }
    }
    try await bench.pull()
    let file = try bench.file("Worka")
    try bench.rename(file, file.replacing("/Work/", with: "/Other/"))
    try bench.rename(bench.archive + "/Other", bench.archive + "/Renamed")
    let report = try bench.compareSource()
    #expect(report.sums == ["header": 4], "\(report.findings)")
    try await bench.pull()
    #expect(try bench.compareSource().sums == ["header": 4])
  }

  /// The account of a push is another one, though it has the name of the source.
  @Test func `a target of the same address is no source`() async throws {
    let bench = try await pulled(["one", "two"])
    try bench.server.addUser(bench.source.user + "x", password: "secret")
    let target = try FakeTarget(FakeTarget.Behaviour.all)
    func toTarget(_ options: inout PushBench.Comparison) { options.port = target.port }
    _ = try await bench.push(to: target) { $0.user = bench.source.user }
    #expect(target.subjects() == ["one", "two"])
    target["INBOX"]?.messages.removeAll { $0.subject == "two" }
    let report = try bench.compareSource(toTarget)
    #expect(report.texts(.missing) == ["it was pushed, and is gone since"])
    #expect(try bench.compareSource().sums == ["header": 2])
  }
}
