import Mail
import TestSupport
import Testing

@testable import Pipeline

/// A damaged index, and what `mailarc verify` says of it.
@Suite(.requiresDovecot) struct PushRebuildTests {
  private func journal(_ bench: PushBench) throws -> String {
    let directory = bench.archive + "/.mailarc/push/" + bench.identity
    // The index of a mailbox is named by its key.
    let names = try listDirectory(directory).filter { $0.utf8.count == 24 }
    return directory + "/" + (try #require(names.first))
  }

  private func verify(_ bench: PushBench, _ more: [String] = []) throws -> ProcessResult {
    try runProcess(builtProgram("mailarc"), ["verify", bench.archive] + more)
  }

  /// Alters a letter in each of these lines.
  private func damage(_ path: String, _ places: [Int]) throws {
    var bytes = try readBytes(path)
    let lines = bytes.split(separator: 10)
    for place in places { bytes[lines[place].startIndex + 20] ^= 1 }
    try writeBytes(path, bytes)
  }

  @Test(arguments: [[0], [4], [2, 3, 4, 5]])
  func `is told, rebuilt as told, and sends nothing twice`(_ places: [Int]) async throws {
    let subjects = ["a", "b", "twin", "twin", "gone", "c"]
    let bench = try await PushBench.holding(subjects)
    try await bench.push()
    try bench.expunge(["gone"])
    #expect(try await bench.push().pushed == ["present": 5, "gone": 1])
    let path = try journal(bench)
    try damage(path, places)
    let told = try verify(bench)
    #expect(told.status == 1)
    #expect(told.output.contains("--rebuild") || told.errors.contains("--rebuild"))
    let rebuilt = try verify(bench, ["--rebuild"])
    #expect(rebuilt.status == 0, "\(rebuilt.output)\(rebuilt.errors)")
    let report = try await bench.push { $0.full = true }
    #expect(report.pushed["transferred"] == nil)
    #expect(report.pushed["present"] == 5)
    #expect(report.questions == [])
    #expect(try bench.subjects() == ["a", "b", "twin", "twin", "c"])
    let mended = try verify(bench)
    #expect(mended.status == 0, "\(mended.output)")
    let later = try await bench.push { $0.full = true }
    #expect(later.notices == [])
    #expect(try bench.subjects() == ["a", "b", "twin", "twin", "c"])
  }
}
