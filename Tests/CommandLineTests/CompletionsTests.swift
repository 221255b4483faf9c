import Foundation
import TestSupport
import Testing

@testable import CommandLine

struct CompletionsTests {
  static let bashExists = FileManager.default.isExecutableFile(atPath: "/bin/bash")

  /// What bash offers for the last of the words.
  private func complete(_ words: [String]) throws -> Set<String> {
    let directory = try ScratchDirectory()
    let script = try #require(Completions.script(shell: "bash"))
    let path = try directory.write(Array(script.utf8), to: "mailarc.bash", mode: 0o644)
    let ask = """
      set -u; source "$1"; shift
      COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 ))
      _mailarc && printf '%s\\n' "${COMPREPLY[@]}"
      """
    let result = try runProcess(
      "/bin/bash", ["--norc", "-c", ask, "bash", path, "mailarc"] + words)
    #expect(result.errors == "")
    return Set(result.output.split(separator: "\n").map(String.init))
  }

  @Test(.enabled(if: bashExists, "bash is not installed"))
  func `Bash completes commands`() throws {
    #expect(try complete(["pu"]) == ["pull", "push"])
    #expect(try complete(["h"]) == ["help"])
  }

  @Test(.enabled(if: bashExists, "bash is not installed"), arguments: CommandName.allCases)
  func `Bash completes the options of a command`(_ name: CommandName) throws {
    let expected = Set(OptionTable.options(of: name).map(\.spelling))
    #expect(try complete([name.rawValue, "--"]) == expected)
  }

  @Test(.enabled(if: bashExists, "bash is not installed"))
  func `Bash completes values`() throws {
    #expect(try complete(["help", "--completions", ""]) == ["bash", "zsh", "fish"])
    #expect(try complete(["help", "--completions", "=", "z"]) == ["zsh"])
    #expect(try complete(["help", "--completions", "="]) == ["bash", "zsh", "fish"])
    #expect(try complete(["pull", "--layout", "mb"]) == ["mbox", "mbox.gz"])
    #expect(try complete(["pull", "--timeout", ""]) == [])
    let directory = try ScratchDirectory()
    let file = try directory.write([], to: "with blanks", mode: 0o600)
    #expect(try complete(["pull", "--tls-ca", directory.path + "/w"]) == [file])
  }

  @Test(arguments: ["zsh", "fish"])
  func `The other shells learn every option`(_ shell: String) throws {
    let script = try #require(Completions.script(shell: shell))
    for option in OptionTable.options {
      #expect(script.contains(shell == "zsh" ? option.spelling : "-l \(option.name.rawValue) "))
    }
    for command in OptionTable.commands { #expect(script.contains(command.name.rawValue)) }
  }
}
