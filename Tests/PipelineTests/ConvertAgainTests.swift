import Foundation
import Glibc
import Mail
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// A conversion that is run again.
struct ConvertAgainTests {
  typealias Layout = ArchiveIdentity.Layout

  private func filled(_ texts: [String] = ["one", "two", "three"]) throws -> ConvertBench {
    let bench = try ConvertBench()
    try bench.fill(["INBOX"], texts.map { ConvertBench.plain($0) })
    return bench
  }

  private func bodies(_ path: String, _ mailbox: String = "INBOX") throws -> [String] {
    try ConvertedItem.all(in: path)[mailbox, default: []].map {
      String(decoding: $0.content, as: UTF8.self).split(separator: "\n").last.map { String($0) }
        ?? ""
    }
  }

  private func open(_ path: String, _ mailbox: String = "INBOX") throws -> any Mailbox {
    let archive = try Archive.open(path: path, for: .writing)
    let name = try #require(MailboxName([mailbox]))
    return try #require(try archive.mailbox(name))
  }

  @Test(arguments: Layout.allCases)
  func `a second run copies nothing, and then only the difference`(_ layout: Layout) async throws {
    let bench = try filled()
    #expect(try await bench.convert(layout: layout).converted == ["transferred": 3])
    #expect(try await bench.convert(layout: nil).converted == ["present": 3])
    try bench.fill(["INBOX"], [ConvertBench.plain("four"), ConvertBench.plain("one")], firstUID: 8)
    #expect(try await bench.convert(layout: nil).converted == ["transferred": 2, "present": 3])
    #expect(try bodies(bench.target) == ["one", "two", "three", "four", "one"])
    #expect(try await bench.convert(layout: nil).converted == ["present": 5])
  }

  @Test(arguments: Layout.allCases)
  func `what was deleted by hand stays deleted`(_ layout: Layout) async throws {
    let bench = try filled()
    try await bench.convert(layout: layout)
    do {
      let mailbox = try open(bench.target)
      let first = try #require(try mailbox.scan().first)
      try mailbox.remove([first])
      try mailbox.flush()
    }
    #expect(try await bench.convert(layout: nil).converted == ["present": 2, "deleted": 1])
    #expect(try bodies(bench.target) == ["two", "three"])
  }

  @Test(arguments: [4, 12, 40, 100, 220])
  func `what a torn file of the archive lost is not taken for deleted`(_ cut: Int) async throws {
    let texts = (0..<20).map { "\($0)" }
    let bench = try filled(texts)
    try await bench.convert(layout: .mboxGzip)
    let before = try bench.view()
    let path = bench.target + "/INBOX.mbox.gz"
    let size = try #require(FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    #expect(truncate(path, size - cut) == 0)
    let foretold = try await bench.convert(layout: nil, dryRun: true)
    #expect(foretold.converted["deleted"] == nil)
    let report = try await bench.convert(layout: nil)
    #expect(report.converted["deleted"] == nil)
    #expect(report.converted["transferred"] == foretold.converted["transferred"])
    #expect(try bench.view() == before)
    #expect(try await bench.convert(layout: nil).converted == ["present": 20])
  }

  @Test func `what was lost gets the name that it had`() throws {
    let bench = try ConvertBench()
    let from = "From a@example.org Tue Nov 14 22:13:20 2023\n"
    let source = bench.directory.file("source.mbox")
    try writeFile(source, (0..<9).map { from + "Subject: \($0)\n\ntext\n\n" }.joined())
    _ = try bench.run(from: source, ["--layout", "mbox.gz"])
    let before = try bench.view()
    let path = bench.target + "/source.mbox.gz"
    let size = try #require(FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    #expect(truncate(path, size / 2) == 0)
    #expect(try bench.run(from: source, []).ending == .exited(0))
    let after = try bench.view()
    #expect(after.mapValues { Set($0) } == before.mapValues { Set($0) })
    #expect(after["source"]?.count == 9)
  }

  @Test(arguments: Layout.allCases)
  func `flags of both sides are merged`(_ layout: Layout) async throws {
    let bench = try filled()
    try await bench.convert(layout: layout)
    for (path, flags) in [
      (bench.source, Flags([.seen], keywords: [Keyword("a")])),
      (bench.target, Flags([.flagged], keywords: [Keyword("b")])),
    ] {
      let mailbox = try open(path)
      let first = try #require(try mailbox.scan().first)
      _ = try mailbox.setFlags(flags, of: first)
      try mailbox.flush()
    }
    #expect(try await bench.convert(layout: nil).converted == ["present": 3, "flags": 1])
    let item = try #require(try bench.view()["INBOX"]?.first)
    #expect(item.flags == ["\\flagged", "\\seen", "a", "b"])
    #expect(try await bench.convert(layout: nil).converted == ["present": 3])
  }

  @Test func `what is gone in the source, or was edited there, stays in the archive`() async throws
  {
    let bench = try filled()
    try await bench.convert()
    do {
      let mailbox = try open(bench.source)
      let messages = try mailbox.scan()
      try mailbox.remove([messages[0]])
      try writeFile(mailbox.path(of: messages[1]), "Subject: other\n\nother\n")
      try mailbox.flush()
    }
    let report = try await bench.convert()
    #expect(report.converted == ["transferred": 1, "present": 1, "gone": 2])
    #expect(try bodies(bench.target) == ["one", "two", "three", "other"])
    let edited = try #require(try bench.view()["INBOX"]?.last)
    #expect(edited.base.contains(".R") && edited.base.hasSuffix("S=22,W=25"))
  }

  @Test func `a lost journal costs reading, and doubles nothing`() async throws {
    let bench = try filled(["one", "two", "one"])
    try await bench.convert()
    let journals = bench.target + "/.mailarc/convert/"
    for name in try listDirectory(journals) where name.hasSuffix(".journal") {
      unlink(journals + name)
    }
    #expect(try await bench.convert().converted == ["present": 3])
    #expect(try bodies(bench.target) == ["one", "two", "one"])
    #expect(try await bench.convert().converted == ["present": 3])
  }

  @Test func `what somebody put there already is recognised by its content`() async throws {
    let bench = try filled(["one", "two", "two"])
    try bench.fill(["Other"], [])
    try await bench.convert()
    try bench.fill(["Other"], ["x", "x", "y"].map { ConvertBench.plain($0) })
    try writeFile(bench.target + "/Other/cur/1.M1P1.host:2,F", "Subject: x\r\n\r\nx\r\n")
    #expect(try await bench.convert().converted == ["transferred": 2, "present": 4])
    #expect(try bench.view()["Other"]?.count == 3)
    #expect(try await bench.convert().converted == ["present": 6])
  }

  @Test func `two files of one name are two messages`() async throws {
    let bench = try filled(["one"])
    let cur = bench.source + "/INBOX/cur/"
    let name = try #require(try listDirectory(cur).first)
    try runSuccessfully("/bin/cp", ["-p", cur + name, cur + name + "S"])
    #expect(try await bench.convert().converted == ["transferred": 2])
    #expect(try bodies(bench.target) == ["one", "one"])
    #expect(try await bench.convert().converted == ["present": 2])
  }

  @Test(arguments: Layout.allCases)
  func `a dry run tells the same and changes nothing`(_ layout: Layout) async throws {
    let bench = try filled()
    let before = try snapshot(bench.directory.path)
    #expect(
      try await bench.convert(layout: layout, dryRun: true).converted == ["transferred": 3])
    #expect(changes(before, try snapshot(bench.directory.path)) == [])
    try await bench.convert(layout: layout)
    try bench.fill(["INBOX"], [ConvertBench.plain("four")], firstUID: 8)
    let between = try snapshot(bench.directory.path)
    let report = try await bench.convert(layout: nil, dryRun: true)
    #expect(report.converted == ["transferred": 1, "present": 3])
    #expect(changes(between, try snapshot(bench.directory.path)) == [])
  }
}
