import Glibc
import Journals
import Mail
import TestSupport
import Testing

@testable import Pipeline

/// Receipts: written from a comparison, and compared with the account later, without the archive.
@Suite(.requiresDovecot) struct CompareReceiptTests {
  private func lines(_ path: String) throws -> [[String]] {
    String(decoding: try readBytes(path), as: UTF8.self).split(separator: "\n").map {
      $0.split(separator: " ").map { String($0) }
    }
  }

  private func loseArchive(_ bench: PushBench) throws {
    try runSuccessfully("/bin/rm", ["-rf", bench.archive])
  }

  private func written(_ subjects: [String]) async throws -> (PushBench, String) {
    let bench = try await PushBench.holding(subjects)
    #expect(try await bench.push().exitStatus == .done)
    let path = bench.beside("receipt")
    #expect(try bench.compare { $0.receipt = path }.exitStatus == .done)
    return (bench, path)
  }

  @Test func `a line for each message, and the same verdicts later`() async throws {
    let bench = try await PushBench.holding(["one", "two", "three", "twin", "twin"])
    try await bench.push()
    try bench.expunge(["two"])
    let three = try bench.message("three")
    try bench.plain.select("INBOX")
    try bench.plain.store("\(three.uid)", "+FLAGS (\\Answered)")
    try bench.plain.append(PullBench.message("strange"), to: "INBOX")
    let path = bench.beside("receipt")
    let report = try bench.compare { $0.receipt = path }
    let found = try lines(path)
    #expect(found.first == ["mailarc", "receipt", "1"])
    #expect(found[1] == ["account", bench.identity])
    let messages = found.filter { $0[0] == "message" }
    #expect(messages.map { $0[2] } == ["header", "missing", "header+flags", "content", "content"])
    #expect(messages.map { $0[3] } == ["1", "-", "3", "4", "5"])
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)

    try loseArchive(bench)
    let later = try bench.compare { $0.against = path }
    #expect(later.sums == report.sums)
    #expect(later.texts(.missing) == ["it was missing when the receipt was written"])
    #expect(later.exitStatus == .findings)
    let full = try bench.compare {
      $0.against = path
      $0.full = true
    }
    #expect(full.sums == ["content": 4, "missing": 1, "flags": 1, "extra": 1])
  }

  @Test func `what happened since is found`() async throws {
    let (bench, path) = try await written(["one", "two", "three"])
    try loseArchive(bench)
    #expect(try bench.compare { $0.against = path }.sums == ["header": 3])
    try bench.expunge(["two"])
    try bench.plain.append(PullBench.message("new"), to: "INBOX")
    let report = try bench.compare { $0.against = path }
    #expect(report.sums == ["header": 2, "missing": 1, "extra": 1])
    #expect(report.texts(.missing) == ["it was there when the receipt was written"])
    #expect(report.texts(.extra) == ["1 message, not in the receipt"])
  }

  @Test func `what was downloaded for the receipt is known by its key later`() async throws {
    let bench = try await PushBench.holding(["one"])
    try bench.drop("own", as: "1600000000.x")
    try await bench.push()
    let path = bench.beside("receipt")
    #expect(try bench.compare { $0.receipt = path }.sums == ["header": 1, "content": 1])
    #expect(try bench.compare { $0.against = path }.sums == ["header": 2])
  }

  /// UIDs mean nothing in a mailbox that was made anew.
  @Test func `a mailbox that was made anew is compared by content`() async throws {
    let bench = try PushBench()
    try bench.source.plain.create("Work")
    try bench.source.append("one", to: "Work", flags: ["\\Seen"])
    try bench.source.append("one", to: "Work", flags: ["\\Draft"])
    try await bench.pull()
    try await bench.push()
    let path = bench.beside("receipt")
    _ = try bench.compare { $0.receipt = path }
    _ = try bench.plain.command("DELETE Work")
    #expect(try bench.compare { $0.against = path }.sums == ["missing": 2])
    try bench.plain.create("Work")
    for flag in ["\\Draft", "\\Seen"] {
      try bench.plain.append(
        PullBench.message("one"), to: "Work", flags: [flag], date: 1_234_567_890)
    }
    #expect(try bench.compare { $0.against = path }.sums == ["content": 2])
  }

  @Test func `what a server altered is known again by what it made of it`() async throws {
    let bench = try await PushBench.holding(["one", "two"])
    let server = try FakeTarget("UNSELECT") { $0.kept = { $0.filter { $0 != 0x6F } } }
    server.change { $0.kept = { [UInt8]("X-UID: 1\r\n".utf8) + $0 } }
    try await bench.push(to: server)
    let path = bench.beside("receipt")
    let report = try bench.compare {
      $0.port = server.port
      $0.receipt = path
    }
    #expect(report.sums == ["altered": 2])
    #expect(report.exitStatus == .done)
    #expect(report.texts(.altered)[0].hasSuffix("in the archive"))
    func again() throws -> [String: Int] {
      try bench.compare {
        $0.port = server.port
        $0.against = path
        $0.full = true
      }.sums
    }
    #expect(try again() == ["altered": 2])
    server["INBOX"]?.messages[0].body[0] = 0x59
    #expect(try again() == ["altered": 1, "missing": 1, "extra": 1])
  }

  @Test func `another file is not replaced, a receipt is`() async throws {
    let (bench, path) = try await written(["one"])
    try writeFile(bench.beside("letter"), "mailarc receives")
    for name in ["letter", "archive", "nowhere/receipt"] {
      #expect(throws: Failure.self) { try bench.compare { $0.receipt = bench.beside(name) } }
    }
    #expect(try readBytes(bench.beside("letter")) == Array("mailarc receives".utf8))
    try bench.expunge(["one"])
    _ = try bench.compare { $0.receipt = path }
    #expect(try lines(path).contains { $0.count > 2 && $0[2] == "missing" })
    let left = try snapshot(bench.source.directory.path).keys
    #expect(!left.contains { $0.contains("unfinished") })
  }

  @Test func `a comparison that breaks off leaves the old receipt, and no other`() async throws {
    let (bench, path) = try await written(["one"])
    let before = try readBytes(path)
    for name in ["receipt", "fresh"] {
      #expect(throws: Failure.self) {
        try bench.compare {
          $0.receipt = bench.beside(name)
          $0.port = 1
        }
      }
    }
    #expect(try readBytes(path) == before)
    let left = try snapshot(bench.source.directory.path).keys
    #expect(!left.contains { $0.contains("unfinished") || $0.contains("/fresh") })
  }

  @Test func `a receipt of another account is refused`() async throws {
    let (bench, path) = try await written(["one"])
    let error = #expect(throws: Failure.self) {
      try bench.compare {
        $0.against = path
        $0.host = "elsewhere"
      }
    }
    #expect(error?.cause.exitStatus == .badInput)
  }
}
