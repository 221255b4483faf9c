import Glibc
import Pipeline
import Platform
import Protocols
import Testing

@testable import CommandLine

struct PasswordCommandTests {
  @Test(arguments: [
    ("echo secret", "secret"), ("printf 'a b'", "a b"), ("printf 'one\\ntwo\\n'", "one"),
    ("echo secret; head -c 300000 /dev/zero", "secret"),
    ("printf se; echo cret", "secret"),
  ])
  func `Takes the first line of the output`(_ command: String, _ password: String) throws {
    #expect(
      try PasswordCommand.run(command, interruption: nil).declassify() == Array(password.utf8))
  }

  @Test func `Does not wait for what stays in the background`() throws {
    let started = MonotonicClock.now
    let password = try PasswordCommand.run("sleep 30 2>/dev/null & echo secret", interruption: nil)
    #expect(password.declassify() == Array("secret".utf8))
    #expect(MonotonicClock.now.seconds(since: started) < 20)
  }

  @Test(arguments: [
    ("echo secret; exit 3", "the password command failed with exit status 3"),
    ("kill -9 $$", "the password command failed with signal 9"),
    ("/nowhere/at/all 2>/dev/null", "the password command failed with exit status 127"),
    ("true", "the password command printed no password in its first line"),
    ("echo", "the password command printed no password in its first line"),
    (
      "head -c 5000 /dev/zero | tr '\\0' x",
      "the password command printed no password in its first line"
    ),
  ])
  func `Says how it failed`(_ command: String, _ says: String) throws {
    let failure = try #require(throws: Failure.self) {
      try PasswordCommand.run(command, interruption: nil)
    }
    #expect(failure.summary == says)
    #expect(failure.cause.exitStatus == .usage)
  }

  @Test func `Ends the command when interrupted`() throws {
    let interruption = try Interruption()
    interruption.interrupt()
    let failure = try #require(throws: Failure.self) {
      try PasswordCommand.run("exec sleep 30", interruption: interruption)
    }
    #expect(failure.cause == .interrupted)
  }
}
