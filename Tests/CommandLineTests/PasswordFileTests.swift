import Glibc
import Pipeline
import Protocols
import Testing

@testable import CommandLine

struct PasswordFileTests {
  static let good: [(content: String, password: String)] = [
    ("secret", "secret"), ("secret\n", "secret"), ("secret\r\n", "secret"),
    ("secret\nnot this\n", "secret"), (" blanks stay \t\n", " blanks stay \t"),
    (String(repeating: "x", count: 4096) + "\n", String(repeating: "x", count: 4096)),
    ("ends with CR\r", "ends with CR\r"),
  ]

  @Test(arguments: good)
  func `Takes the first line`(_ content: String, _ password: String) throws {
    let directory = try ScratchDirectory()
    let path = try directory.write(Array(content.utf8), to: "password", mode: 0o600)
    #expect(try PasswordFile.read(path).declassify() == Array(password.utf8))
  }

  @Test(arguments: [
    "", "\n", "\r\n", "\nsecond line\n", "nul\0inside\n",
    String(repeating: "x", count: 4097) + "\n",
  ])
  func `Refuses a first line that is no password`(_ content: String) throws {
    let directory = try ScratchDirectory()
    let path = try directory.write(Array(content.utf8), to: "password", mode: 0o600)
    let failure = try #require(throws: Failure.self) { try PasswordFile.read(path) }
    #expect(failure.summary.contains("has no password in its first line"))
  }

  @Test(arguments: [0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o666] as [mode_t])
  func `Refuses a file that others can use, and says what to do`(_ mode: mode_t) throws {
    let directory = try ScratchDirectory()
    let path = try directory.write(Array("secret".utf8), to: "password", mode: mode)
    let failure = try #require(throws: Failure.self) { try PasswordFile.read(path) }
    #expect(failure.summary.contains("can be read by others"))
    #expect(failure.advice == "Run: chmod 600 \(path)")
    #expect(failure.cause.exitStatus == .usage)
  }

  @Test(arguments: [0o600, 0o400, 0o700] as [mode_t])
  func `Takes a private file`(_ mode: mode_t) throws {
    let directory = try ScratchDirectory()
    let path = try directory.write(Array("secret".utf8), to: "password", mode: mode)
    #expect(try PasswordFile.read(path).declassify() == Array("secret".utf8))
  }

  @Test func `Refuses what is no regular file, without waiting for it`() throws {
    let directory = try ScratchDirectory()
    let fifo = directory.path + "/fifo"
    #expect(mkfifo(fifo, 0o600) == 0)
    for path in [directory.path, fifo, "/dev/null"] {
      let failure = try #require(throws: Failure.self) { try PasswordFile.read(path) }
      #expect(failure.summary.contains("is not a regular file"))
    }
  }

  @Test func `Says why a file can't be read`() throws {
    let failure = try #require(throws: Failure.self) { try PasswordFile.read("/nowhere/at all") }
    #expect(failure.summary.hasSuffix("can't be read: No such file or directory"))
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give a file away"))
  func `Refuses a file of another user`() throws {
    let directory = try ScratchDirectory()
    let path = try directory.write(Array("secret".utf8), to: "password", mode: 0o600)
    #expect(chown(path, 12345, 12345) == 0)
    let failure = try #require(throws: Failure.self) { try PasswordFile.read(path) }
    #expect(failure.summary.hasSuffix("belongs to another user"))
  }
}
