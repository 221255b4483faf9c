import Foundation
import Mail
import Platform
import Stores
import TestSupport
import Testing

@testable import Pipeline

/// What a conversion keeps.
struct ConvertFaithfulTests {
  typealias Layout = ArchiveIdentity.Layout

  @Test(arguments: Layout.allCases)
  func `there and back again is the same mail under the same names`(_ layout: Layout) async throws {
    let bench = try ConvertBench()
    try bench.fill(["INBOX"], GeneratedMessage.many(2500, seed: 1))
    try bench.fill(["Work", "a/b %"], GeneratedMessage.many(300, seed: 2))
    try bench.fill(["Empty"], [])
    let expected = try bench.view(bench.source)
    let there = try await bench.convert(layout: layout)
    #expect(there.exitStatus == .done)
    #expect(there.converted == ["transferred": 2800])
    #expect(try bench.view() == expected)
    let back = bench.directory.file("back")
    let report = try await bench.convert(from: bench.target, to: back)
    #expect(report.converted == ["transferred": 2800])
    #expect(try bench.view(back) == expected)
  }

  @Test(arguments: Layout.allCases)
  func `foreign files in wire form are converted exactly, and keep their order`(
    _ layout: Layout
  ) async throws {
    let bench = try ConvertBench()
    for part in ["", "/cur", "/new", "/tmp"] { try makeDirectory(bench.source + part) }
    let large = String(repeating: "line\r\n", count: 100_000)
    let texts = [
      "Subject: a\r\n\r\nbody\r\n", "Subject: b\n\nbody\n", "Subject: c\r\n\nmixed\r\r\n",
      "Subject: d\r\r\n\r\ncr\r\n", "", "Subject: f\r\n\r\n" + large, "g\r\n\r\n" + large + "\n",
    ]
    for (number, text) in texts.enumerated() {
      // Their dates are in another order than their names.
      let path =
        bench.source + "/cur/\(100 + number).M1P1.host:2,\(number.isMultiple(of: 2) ? "S" : "")"
      try writeFile(path, text)
      try setTime(path, Int64(1_000_000_000 - number))
    }
    let expected = try #require(try bench.view(bench.source).values.first)
    #expect(expected.count == texts.count)
    #expect(try await bench.convert(layout: layout).converted == ["transferred": texts.count])
    let found = try #require(try bench.view().values.first)
    #expect(found.map(\.digest) == expected.map(\.digest))
    #expect(found.map(\.flags) == expected.map(\.flags))
    #expect(found.map(\.date) == expected.map(\.date))
    #expect(found.allSatisfy { $0.base.contains(".R") })
    #expect(String(decoding: found[3].content, as: UTF8.self) == "Subject: d\r\n\ncr\n")
    #expect(try await bench.convert(layout: layout).converted == ["present": texts.count])
  }

  @Test(.enabled(if: RealMail.directory != nil, "MAILARC_CORPUS names no directory"))
  func `real mail goes there and back`() async throws {
    let bench = try ConvertBench()
    let messages = try RealMail.files().enumerated().map { number, file in
      GeneratedMessage(
        content: try readBytes(file.path), date: Int64(number) * 86_461, flags: Flags(.seen),
        isFetched: true)
    }
    try bench.fill(["INBOX"], messages)
    let expected = try bench.view(bench.source)
    for layout in Layout.allCases {
      let (there, back) = (
        bench.directory.file(layout.rawValue), bench.directory.file("\(layout) back")
      )
      #expect(try await bench.convert(to: there, layout: layout).exitStatus == .done)
      #expect(try await bench.convert(from: there, to: back).exitStatus == .done)
      #expect(try bench.view(there) == expected)
      #expect(try bench.view(back) == expected)
    }
  }

  private func setTime(_ path: String, _ seconds: Int64) throws {
    let parts = path.split(separator: "/").map { String($0) }
    let directory = try Directory.open(path: "/" + parts.dropLast().joined(separator: "/"))
    try directory.setModificationTime(of: parts.last ?? "", seconds)
  }
}
