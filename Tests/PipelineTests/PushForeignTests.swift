import Glibc
import TestSupport
import Testing

@testable import Pipeline

/// Mail that another program left is pushed like an archive, and nothing is written beside it.
@Suite(.requiresDovecot) struct PushForeignTests {
  /// Two Maildirs of another program, with flags and dates.
  private func makeTree(_ bench: PushBench) throws -> String {
    let root = bench.source.directory.file("theirs")
    for mailbox in [root, root + "/.Work"] {
      for part in ["", "/cur", "/new", "/tmp"] { try makeDirectory(mailbox + part) }
    }
    try put("one", at: root + "/cur/1.a.host:2,S")
    try put("two", at: root + "/new/2.b.host")
    try put("three", at: root + "/.Work/cur/3.c.host:2,FRa")
    try writeFile(root + "/.Work/dovecot-keywords", "0 Later\n")
    return root
  }

  private func put(_ subject: String, at path: String) throws {
    let text = String(decoding: PullBench.message(subject), as: UTF8.self)
    try writeFile(path, text.replacing("\r\n", with: "\n"))
    let date = timespec(tv_sec: 1_600_000_000, tv_nsec: 0)
    guard utimensat(AT_FDCWD, path, [date, date], 0) == 0 else {
      throw TestSystemError("utimensat", path)
    }
  }

  @Test func `another program's mail is pushed once`() async throws {
    let bench = try PushBench()
    let root = try makeTree(bench)
    let before = try snapshot(root)
    let report = try await bench.push { $0.archive = root }
    #expect(report.pushed == ["transferred": 3])
    #expect(try bench.subjects() == ["one", "two"])
    let three = try bench.message("three", in: "Work")
    #expect(three.flags == ["\\flagged", "\\answered", "later"])
    #expect(three.date == 1_600_000_000)
    #expect(three.body == PullBench.message("three"))
    #expect(try await bench.push { $0.archive = root }.pushed == ["present": 3])
    try put("four", at: root + "/cur/4.d.host:2,")
    #expect(
      try await bench.push { $0.archive = root }.pushed == ["transferred": 1, "present": 3])
    #expect(changes(before, try snapshot(root)) == ["/cur/4.d.host:2,"])
  }

  @Test func `a message that a broken file may have cut off is named`() async throws {
    let bench = try PushBench()
    let path = bench.source.directory.file("mail.mbox")
    let text = (0..<2).map { number in
      let noise = (0..<400).map { _ in String(UInt64.random(in: 0 ... .max), radix: 36) }
      return "From a@example.org Tue Nov 14 22:13:20 2023\nFrom: Ada <a@example.org>\n"
        + "Subject: m\(number)\n\n" + noise.joined(separator: "\n") + "\n\n"
    }
    try writeFile(path, text.joined())
    try runSuccessfully("/bin/gzip", ["-n", path])
    let size = try readBytes(path + ".gz").count
    #expect(truncate(path + ".gz", off_t(size - 2000)) == 0)
    let report = try await bench.push { $0.archive = path + ".gz" }
    #expect(report.pushed["transferred"] == 2)
    let notices = report.notices.filter { $0.kind == .incomplete }
    #expect(notices.count == 1 && notices.first?.text.contains("\"m1\"") == true)
  }

  @Test func `what was deleted on the target stays so while the state is there`() async throws {
    let bench = try PushBench()
    let root = try makeTree(bench)
    try await bench.push { $0.archive = root }
    try bench.expunge(["one"])
    #expect(
      try await bench.push { $0.archive = root }.pushed == ["present": 2, "gone": 1])
    // Without state the target's mail is still recognised.
    try runSuccessfully("/bin/rm", ["-r", bench.source.directory.file("state")])
    #expect(
      try await bench.push { $0.archive = root }.pushed == ["transferred": 1, "present": 2])
  }

  @Test func `a dry run makes no state`() async throws {
    let bench = try PushBench()
    let root = try makeTree(bench)
    let report = try await bench.push {
      $0.archive = root
      $0.dryRun = true
    }
    #expect(report.pushed == ["transferred": 3])
    #expect(access(bench.source.directory.file("state"), F_OK) != 0)
    #expect(try bench.subjects() == [])
  }

  @Test func `the state lies where the user's state lies`() async throws {
    let bench = try PushBench()
    let root = try makeTree(bench)
    let home = bench.source.directory.file("home")
    let arguments = bench.arguments(archive: root)
    for variables in [["HOME": home], ["XDG_STATE_HOME": home + "/xdg"]] {
      let result = try runProcess(
        builtProgram("mailarc"), arguments,
        environment: ["XDG_STATE_HOME": ""].merging(variables) { $1 })
      #expect(result.status == 0, "\(result.errors)")
    }
    #expect(access(home + "/.local/state/mailarc", F_OK) == 0)
    #expect(access(home + "/xdg/mailarc", F_OK) == 0)
    #expect(try bench.subjects() == ["one", "two"])
    let nowhere = try runProcess(
      builtProgram("mailarc"), arguments, environment: ["HOME": "", "XDG_STATE_HOME": ""])
    #expect(nowhere.status == 64, "\(nowhere.errors)")
  }
}
