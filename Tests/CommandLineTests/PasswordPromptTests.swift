import Glibc
import Pipeline
import Platform
import Protocols
import Testing

@testable import CommandLine

struct PasswordPromptTests {
  /// A pseudo-terminal: what a person sees and types is on the leading side.
  final class PseudoTerminal: Sendable {
    let leader: Int32
    // Held open, so that settings outlive the prompt.
    let follower: Int32
    let path: String

    init() throws {
      leader = open("/dev/ptmx", O_RDWR | O_NOCTTY)
      var unlocked: Int32 = 0
      var number: UInt32 = 0
      // TIOCSPTLCK and TIOCGPTN; Glibc's module lacks unlockpt and ptsname.
      try #require(ioctl(leader, 0x4004_5431, &unlocked) == 0)
      try #require(ioctl(leader, 0x8004_5430, &number) == 0)
      path = "/dev/pts/\(number)"
      follower = open(path, O_RDWR | O_NOCTTY)
      try #require(follower >= 0)
    }

    deinit {
      close(follower)
      close(leader)
    }

    var echoes: Bool {
      var settings = termios()
      tcgetattr(follower, &settings)
      return settings.c_lflag & tcflag_t(ECHO) != 0
    }

    /// What was shown so far, at least as much as ends with a text.
    func shown(until end: String) -> String {
      var bytes: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 256)
      while !bytes.reversed().starts(with: end.utf8.reversed()) {
        let count = read(leader, &buffer, buffer.count)
        guard count > 0 else { break }
        bytes += buffer.prefix(count)
      }
      return String(decoding: bytes, as: UTF8.self)
    }

    func type(_ text: String) {
      _ = write(leader, text, text.utf8.count)
    }
  }

  private func ask(
    _ terminal: PseudoTerminal, interruption: Interruption?
  ) async throws -> Secret? {
    try await WorkerThread.run(name: "prompt") {
      try PasswordPrompt.ask(path: terminal.path, question: "Word: ", interruption: interruption)
    }
  }

  @Test func `Reads a line without showing it and restores the terminal`() async throws {
    let terminal = try PseudoTerminal()
    let asking = Task { try await ask(terminal, interruption: nil) }
    let echoed = try await WorkerThread.run(name: "person") {
      let question = terminal.shown(until: "Word: ")
      #expect(question == "Word: ")
      #expect(!terminal.echoes)
      terminal.type("sekret\u{7F}\u{7F}\u{7F}\u{7F}cret\n")
      return terminal.shown(until: "\n")
    }
    #expect(try await asking.value?.declassify() == Array("secret".utf8))
    #expect(echoed == "\r\n")
    #expect(terminal.echoes)
  }

  @Test func `Restores the terminal when interrupted`() async throws {
    let terminal = try PseudoTerminal()
    let interruption = try Interruption()
    let asking = Task { try await ask(terminal, interruption: interruption) }
    try await WorkerThread.run(name: "person") {
      _ = terminal.shown(until: "Word: ")
      interruption.interrupt()
    }
    let failure = await #expect(throws: Failure.self) { try await asking.value }
    #expect(failure?.cause == .interrupted)
    #expect(terminal.echoes)
  }

  @Test(arguments: ["\n", "\u{4}"])
  func `An empty line or the end is an error`(_ typed: String) async throws {
    let terminal = try PseudoTerminal()
    let asking = Task { try await ask(terminal, interruption: nil) }
    try await WorkerThread.run(name: "person") {
      _ = terminal.shown(until: "Word: ")
      terminal.type(typed)
    }
    let failure = await #expect(throws: Failure.self) { try await asking.value }
    #expect(failure?.summary == "no password was typed")
    #expect(terminal.echoes)
  }

  @Test(arguments: ["/nowhere/tty", "/dev/null"])
  func `Without a terminal there is none`(_ path: String) throws {
    #expect(try PasswordPrompt.ask(path: path, question: "", interruption: nil) == nil)
  }
}
