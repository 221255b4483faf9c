import Foundation
import Pipeline
import TestSupport
import Testing

@testable import CommandLine

struct ManualPageTests {
  static let manExists = FileManager.default.isExecutableFile(atPath: "/usr/bin/man")

  private func render(_ arguments: [String]) throws -> (text: String, errors: String) {
    let directory = try ScratchDirectory()
    let path = try directory.write(Array(ManualPage.render().utf8), to: "mailarc.1", mode: 0o644)
    let result = try runProcess(
      "/usr/bin/env", ["MANWIDTH=72", "LC_ALL=C.UTF-8", "man"] + arguments + ["-l", path])
    #expect(result.status == 0)
    return (result.output, result.errors)
  }

  @Test(.enabled(if: manExists, "man is not installed"))
  func `Renders without warnings`() throws {
    #expect(try render(["--warnings", "-E", "UTF-8", "-Z"]).errors == "")
  }

  @Test(.enabled(if: manExists, "man is not installed"))
  func `Shows every option, status and variable`() throws {
    let text = try render(["-E", "UTF-8"]).text.replacing("\u{8}", with: "")
    for option in OptionTable.options { #expect(text.contains("       \(option.usage)")) }
    for status in ExitStatus.allCases { #expect(text.contains("\n       \(status.rawValue) ")) }
    #expect(text.contains("\n       MAILARC_PASSWORD\n"))
    #expect(text.contains("\\Deleted"))
    #expect(!text.contains("`"))
  }

  @Test func `A line never begins with a control character of roff by accident`() {
    let macros = [".TH", ".nh", ".ad", ".SH", ".SS", ".PP", ".TP", ".IP", ".in", ".nf", ".fi"]
    for line in ManualPage.render().split(separator: "\n") {
      #expect(!line.hasPrefix("'"))
      if line.hasPrefix(".") { #expect(macros.contains { line.hasPrefix($0) }) }
    }
  }

  @Test(arguments: [
    (".x", "\\&.x"), ("a\\b", "a\\eb"), ("a-b", "a\\-b"), ("'q'", "\\(aqq\\(aq"),
  ])
  func `Text is escaped`(_ text: String, _ expected: String) {
    #expect(Roff.escaped(text) == expected)
  }
}
