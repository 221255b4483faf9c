import Pipeline
import Protocols
import Testing

@testable import CommandLine

struct PasswordSourceTests {
  private func password(
    file: String?, command: String?, environment: String?
  ) throws -> [UInt8] {
    let source = PasswordSource(
      file: file, command: command, environment: environment, terminal: "/nowhere/tty")
    let url = try AccountURL(parsing: "imaps://anna%E2%80%AE@mail.example.org")
    return try source.password(for: url, interruption: nil).declassify()
  }

  @Test func `The first source that is given counts`() throws {
    let directory = try ScratchDirectory()
    let file = try directory.write(Array("file\n".utf8), to: "password", mode: 0o600)
    #expect(
      try password(file: file, command: "echo command", environment: "variable")
        == Array("file".utf8))
    #expect(
      try password(file: nil, command: "echo command", environment: "variable")
        == Array("command".utf8))
    #expect(
      try password(file: nil, command: nil, environment: "variable") == Array("variable".utf8))
  }

  @Test func `A source that fails is not passed over`() {
    #expect(throws: Failure.self) {
      try password(file: "/nowhere", command: "echo command", environment: "variable")
    }
    #expect(throws: Failure.self) {
      try password(file: nil, command: "false", environment: "variable")
    }
  }

  @Test(arguments: [nil, ""])
  func `No source at all says which there are`(_ environment: String?) throws {
    let failure = try #require(throws: Failure.self) {
      try password(file: nil, command: nil, environment: environment)
    }
    #expect(failure.advice?.contains("--password-file") == true)
    #expect(failure.cause.exitStatus == .usage)
  }
}
