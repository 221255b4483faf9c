import Glibc
import Mail
import TestSupport
import Testing

@testable import Pipeline

/// What lies in the trash and was changed there, or can't be read, when it comes back.
struct TrashTroubleTests {
  private func pruned() async throws -> SourceBench {
    let (bench, _) = try await SourceBench.filled(9)
    bench.expunge("m2", "m3", "m5", "m7")
    #expect(try await bench.pull(prune: 100).sums == ["gone": 4, "removed": 4])
    return bench
  }

  private func trashed(_ subject: String, in bench: SourceBench) throws -> String {
    let run = try #require(try bench.trash().runs.first).name
    let message = try #require(try bench.trash().messages.first { $0.subject == subject })
    return "\(bench.archive)/.mailarc/trash/\(run)/Work/cur/\(message.file)"
  }

  /// Runs the program as somebody to whom access rights apply.
  private func restore(_ bench: SourceBench) throws -> ProcessResult {
    let arguments = ["trash", "restore", bench.archive]
    guard getuid() == 0 else { return try runProcess(builtProgram("mailarc"), arguments) }
    let nobody = "65534"
    try runSuccessfully("/bin/chown", ["-R", nobody, bench.directory.path])
    return try runProcess(
      "/usr/bin/setpriv",
      ["--reuid=" + nobody, "--clear-groups", builtProgram("mailarc")] + arguments)
  }

  @Test func `all that can't be read is named and stays there, and the rest comes back`()
    async throws
  {
    let bench = try await pruned()
    let sealed = try ["m2", "m5"].map { try trashed($0, in: bench) }
    for path in sealed { chmod(path, 0) }
    let result = try restore(bench)
    #expect(result.ending == .exited(1))
    for path in sealed {
      #expect((result.output + result.errors).contains(path))
      #expect(access(path, F_OK) == 0)
      chmod(path, 0o600)
    }
    #expect(try bench.trash().subjects == ["Work: m2", "Work: m5"])
    #expect(
      try bench.view().subjects == ["m1", "m3", "m4", "m6", "m7", "m8", "m9"].map { "Work: " + $0 })
    #expect(try restore(bench).ending == .exited(0))
    #expect(try bench.trash().runs.isEmpty)
  }

  @Test func `an edit made in the trash stays an edit`() async throws {
    let bench = try await pruned()
    for (subject, text) in [("m2", "Text of M2"), ("m3", "Text of m3, and more")] {
      let path = try trashed(subject, in: bench)
      try writeFile(path, try readFile(path).replacing("Text of " + subject, with: text))
      try setModificationTime(path, 1_750_000_000)
    }
    let damaged = try trashed("m5", in: bench)
    try writeFile(damaged, try readFile(damaged).replacing("Text of m5", with: "Text of ??"))
    try setModificationTime(damaged, 1_700_000_000)
    #expect(try bench.restore().messages == 4)
    let kinds = try bench.verify().map(\.rawValue).sorted()
    #expect(kinds == ["damaged", "edited", "edited"])
  }
}
