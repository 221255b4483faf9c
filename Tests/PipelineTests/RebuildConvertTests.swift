import Glibc
import Journals
import Mail
import Platform
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// What a conversion left beside an archive, lost or damaged.
@Suite struct RebuildConvertTests {
  private let bench: ConvertBench

  init() async throws {
    bench = try ConvertBench()
    try bench.fill(
      ["INBOX"], ["one", "two", "three"].map { ConvertBench.plain($0, fetched: false) })
    _ = try await bench.convert()
  }

  private var state: String { bench.target + "/.mailarc/" }
  private var source: String { state + "convert/source" }
  private var journal: String {
    state + "convert/\(MailboxKey(account: "", mailbox: .inbox).hex).journal"
  }

  private func verify() throws -> VerifyReport {
    try VerifyArchive(
      path: bench.target, observer: NoVerifyObserver(), interruption: try Interruption()
    ).run()
  }

  /// Rebuilds; a second time does nothing, and nothing is found any more.
  @discardableResult
  private func rebuild() throws -> RebuildReport {
    func once() throws -> RebuildReport {
      try RebuildArchive(
        path: bench.target, account: nil, observer: NoVerifyObserver(),
        interruption: try Interruption()
      ).run()
    }
    let report = try once()
    #expect(try once().actions == [])
    #expect(try verify().findings == [])
    return report
  }

  private func cause(of report: RunReport) -> FailureCause? { report.accountFailure?.cause }

  @Test(arguments: [nil, "nonsense\n", "mailarc conversion 1\ncomplete", ""] as [String?])
  func `a lost or broken source is named, and the next conversion says it anew`(
    _ content: String?
  ) async throws {
    let before = try readFile(source)
    unlink(source)
    if let content { try writeFile(source, content) }
    let found = try verify().findings
    #expect(found.map(\.kind) == [.stateDamaged])
    #expect(found.first?.file == source)
    #expect(cause(of: try await bench.convert()) == .input)
    let report = try rebuild()
    #expect(report.actions.map(\.file) == [source])
    if let content { #expect(try readFile(source + ".broken-1") == content) }
    #expect(try await bench.convert().converted == ["present": 3])
    let after = try readFile(source)
    #expect(after.contains(before.split(separator: "\n")[1]))
    #expect(try verify().findings == [])
  }

  @Test func `a conversion that has not come to its end still has not`() async throws {
    try writeFile(source, "mailarc conversion 1\ncomplete no\n")
    let report = try RebuildArchive(
      path: bench.target, account: nil, observer: NoVerifyObserver(),
      interruption: try Interruption()
    ).run()
    #expect(report.actions.count == 1)
    #expect(throws: StoreError.unfinished(bench.target)) {
      try Archive.open(path: bench.target, for: .writing)
    }
    #expect(try await bench.convert().converted == ["present": 3])
    _ = try Archive.open(path: bench.target, for: .writing)
  }

  @Test func `mail of another account is not taken for what was converted`() async throws {
    unlink(source)
    try rebuild()
    let other = bench.directory.file("other")
    _ = try Archive.create(path: other, account: "bob@example.org", layout: .maildir)
    #expect(cause(of: try await bench.convert(from: other)) == .input)
    #expect(try await bench.convert().converted == ["present": 3])
    #expect(cause(of: try await bench.convert(from: other)) == .input)
  }

  @Test func `what can be read of a broken source is kept`() async throws {
    let before = try readFile(source)
    try writeFile(source, before.replacing("mailarc conversion 1", with: "garbage"))
    #expect(try verify().kinds == [.stateDamaged])
    try rebuild()
    #expect(try readFile(source) == before)
  }

  @Test func `an archive that was converted from nothing lacks no source`() throws {
    let report = try VerifyArchive(
      path: bench.source, observer: NoVerifyObserver(), interruption: try Interruption()
    ).run()
    #expect(report.findings == [])
  }

  @Test(arguments: [
    "garbage\n", "garbage", String(repeating: "more of it\n", count: 1000),
    String(repeating: "\u{0}", count: 5000),
  ])
  func `a journal full of garbage is named and mended`(_ garbage: String) async throws {
    try writeFile(journal, garbage)
    #expect(try verify().kinds == [.journalDamaged])
    #expect(try rebuild().actions.map(\.file) == [journal])
    #expect(try readFile(journal + ".broken-1") == garbage)
    #expect(try readFile(journal).contains("mailarc-convert 1 INBOX"))
    #expect(try await bench.convert().converted == ["present": 3])
    #expect(try verify().intact == 3)
  }

  @Test func `a damaged journal keeps what can be read`() async throws {
    var lines = try readBytes(journal).split(separator: 10).map { Array($0) }
    lines[2][0] ^= 0x55
    try writeBytes(journal, Array(lines.joined(separator: [10])) + [10])
    #expect(try verify().kinds == [.journalDamaged])
    try rebuild()
    #expect(try verify().intact == 2 && verify().unrecorded == 1)
    #expect(try await bench.convert().converted == ["present": 3])
    #expect(try verify().intact == 3)
  }

  @Test(arguments: ["", "0123ab", "0123abcd mail"])
  func `a journal that was only begun is none that is damaged`(_ beginning: String) throws {
    try writeFile(journal, beginning)
    #expect(try verify().findings == [])
  }
}

/// Something else in the place of a state file.
@Suite struct MisfitTests {
  private let bench: VerifyBench

  init() throws {
    bench = try VerifyBench()
    try bench.fill("INBOX", 3, keywords: [Keyword("Work")])
    try runSuccessfully("/bin/mkdir", ["-p", bench.root + "/.mailarc/convert"])
    try writeFile(
      bench.root + "/.mailarc/convert/source",
      "mailarc conversion 1\npath /mail\ncomplete yes\n")
    try runSuccessfully("/bin/mkdir", ["-p", bench.root + "/.mailarc/push/bob"])
  }

  enum Misfit: CaseIterable { case directory, symbolicLink, fifo, file }

  private static let files = [
    "archive", "mailboxes", "keywords", "lock", "convert/source", "pull/runs.journal",
    "pull/states.journal", "convert/0011223344556677.journal",
    "push/bob/0011223344556677.journal",
  ]
  private static let directories = ["pull", "convert", "push", "push/bob"]

  private func replace(_ name: String, with misfit: Misfit) throws -> String {
    let path = bench.root + "/.mailarc/" + name
    try runSuccessfully("/bin/rm", ["-rf", path])
    switch misfit {
    case .directory:
      try runSuccessfully("/bin/mkdir", ["-p", path + "/inside"])
    case .symbolicLink:
      try writeFile(bench.temporary.file("elsewhere"), "precious")
      try runSuccessfully("/bin/ln", ["-s", bench.temporary.file("elsewhere"), path])
    case .fifo: try runSuccessfully("/usr/bin/mkfifo", [path])
    case .file: try writeFile(path, "precious")
    }
    return path
  }

  @Test(arguments: files, Misfit.allCases.filter { $0 != .file })
  func `what is no file is named, put aside, and the file made anew`(
    _ name: String, _ misfit: Misfit
  ) throws {
    try check(try replace(name, with: misfit))
    if misfit == .symbolicLink {
      #expect(try readFile(bench.temporary.file("elsewhere")) == "precious")
    }
  }

  @Test func `a journal too`() throws {
    let key = try VerifyBench.key("INBOX").hex
    try check(try replace("pull/\(key).journal", with: .directory))
    #expect(try bench.verify().intact == 3)
    #expect(try bench.pulled("INBOX").messages.count == 3)
  }

  @Test(arguments: directories)
  func `what is no directory likewise`(_ name: String) throws {
    let path = try replace(name, with: .file)
    try check(path)
    #expect(try readFile(path + ".broken-1") == "precious")
  }

  private func check(_ path: String) throws {
    var before = stat()
    #expect(lstat(path, &before) == 0)
    let findings = try bench.verify().findings
    #expect(findings.contains { $0.file == path })
    #expect(findings.allSatisfy { [.stateDamaged, .journalDamaged].contains($0.kind) })
    let report = try bench.rebuild(account: VerifyBench.account)
    #expect(report.exitStatus == .done)
    #expect(report.actions.contains { $0.file == path && $0.text.contains(".broken-1") })
    var after = stat()
    #expect(lstat(path + ".broken-1", &after) == 0 && after.st_ino == before.st_ino)
    #expect(try bench.rebuild(account: VerifyBench.account).actions == [])
    #expect(try bench.verify().findings == [])
    _ = try Archive.open(path: bench.root, for: .writing)
  }
}
