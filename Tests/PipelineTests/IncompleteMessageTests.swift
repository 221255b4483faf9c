import Foundation
import Glibc
import Mail
import Platform
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// The message in which a broken gzip file ends.
struct IncompleteMessageTests {
  private let bench: ConvertBench
  private let whole: String
  private var source: String { bench.directory.file("mail.mbox.gz") }

  /// Messages of noise, so that any cut of the compressed file is one in a message.
  init() throws {
    bench = try ConvertBench()
    var generator = SystemRandomNumberGenerator()
    let text = (0..<3).map { number in
      let noise = (0..<400).map { _ in String(generator.next() as UInt64, radix: 36) }
      return "From a@example.org Tue Nov 14 22:13:20 2023\nFrom: Ada <a@example.org>\n"
        + "Subject: m\(number)\n\n" + noise.joined(separator: "\n") + "\n\n"
    }.joined()
    whole = bench.directory.file("whole.gz")
    try writeFile(bench.directory.file("whole"), text)
    try runSuccessfully("/bin/gzip", ["-n", bench.directory.file("whole")])
    try runSuccessfully("/bin/cp", [whole, source])
  }

  private func cut() throws {
    let size = try #require(FileManager.default.attributesOfItem(atPath: whole)[.size] as? Int)
    #expect(truncate(source, off_t(size - 2000)) == 0)
  }

  private func incomplete(_ report: RunReport) -> [String] {
    report.notices.filter { $0.kind == .incomplete }.map(\.text)
  }

  private func subjects() throws -> [String] {
    try bench.view()["mail"]?.map {
      let line = String(decoding: $0.content, as: UTF8.self).split(separator: "\n")[1]
      return String(line.dropFirst("Subject: ".count))
    } ?? []
  }

  @Test func `a list marks it`() throws {
    func list() throws -> (ListRecorder.Content, ListTotals) {
      let recorder = ListRecorder()
      let totals = try ListMailboxes(
        source: try MailSources.open(path: source, mboxDialect: nil), wantsMessages: true,
        explains: false, observer: recorder, interruption: try Interruption()
      ).run()
      return (recorder.shown, totals)
    }
    #expect(try list().0.messages.map(\.isIncomplete) == [false, false, false])
    try cut()
    let (shown, totals) = try list()
    #expect(shown.messages.map(\.isIncomplete) == [false, false, true])
    #expect(totals.exitStatus == .findings)
    let problem = try #require(shown.problems.last)
    #expect(problem.reason.contains("\"m2\"") && problem.reason.contains("from Ada"))
  }

  @Test(arguments: ArchiveIdentity.Layout.allCases)
  func `a conversion names it, and brings the whole message later`(
    _ layout: ArchiveIdentity.Layout
  ) async throws {
    try cut()
    for (dryRun, expected) in [(true, "transferred"), (false, "transferred"), (false, "present")] {
      let report = try await bench.convert(from: source, layout: layout, dryRun: dryRun)
      #expect(report.converted[expected] == 3)
      #expect(report.exitStatus == .findings)
      #expect(incomplete(report).count == 1)
      #expect(incomplete(report).first?.contains("\"m2\"") == true)
    }
    #expect(try subjects() == ["m0", "m1", "m2"])
    let verified = try VerifyArchive(
      path: bench.target, observer: NoVerifyObserver(), interruption: try Interruption()
    ).run()
    #expect(verified.intact == 3 && verified.findings == [] && verified.notes.count == 1)
    try runSuccessfully("/bin/cp", [whole, source])
    let mended = try await bench.convert(from: source, layout: layout)
    #expect(mended.converted == ["transferred": 1, "present": 2, "gone": 1])
    #expect(mended.exitStatus == .done)
    #expect(try subjects() == ["m0", "m1", "m2", "m2"])
    let again = try await bench.convert(from: source, layout: layout)
    #expect(again.converted == ["present": 3, "gone": 1])
    for report in [mended, again] { #expect(incomplete(report).count == 1) }
    try remove(incomplete(again)[0])
    let last = try await bench.convert(from: source, layout: layout)
    #expect(last.converted == ["present": 3, "gone": 1])
    #expect(incomplete(last) == [])
    let contents = try bench.view()["mail"]?.map(\.digest)
    let expected = try bench.digests(source)
    #expect(contents == expected)
  }

  /// Removes the message of the archive that is named in a text.
  private func remove(_ text: String) throws {
    let archive = try Archive.open(path: bench.target, for: .writing)
    let mailbox = try #require(try archive.mailbox(try name("mail")))
    let part = try mailbox.scan().filter { text.contains($0.displayName) }
    #expect(part.count == 1)
    try mailbox.remove(part)
    try mailbox.flush()
  }

  private func name(_ text: String) throws -> MailboxName { try #require(MailboxName([text])) }

  @Test func `a message of an archive that is as long as its name says is whole`() async throws {
    try await bench.convert(from: source, layout: .mboxGzip)
    let path = bench.target + "/mail.mbox.gz"
    try writeBytes(path, try readBytes(path) + Array("garbage".utf8))
    let archive = try Archive.open(path: bench.target, for: .reading)
    let mailbox = try #require(try archive.mailbox(try name("mail")))
    let messages = try mailbox.scan()
    #expect(messages.count == 3 && !mailbox.damage.isEmpty)
    #expect(mailbox.incomplete(among: messages) == nil)
    let size = try readBytes(path).count
    #expect(truncate(path, off_t(size - 2000)) == 0)
    let cut = try mailbox.scan()
    #expect(mailbox.incomplete(among: cut)?.name == cut.last?.name)
    #expect(!cut.isEmpty)
  }
}
