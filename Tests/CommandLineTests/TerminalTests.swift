import Glibc
import Platform
import Testing

@testable import CommandLine

struct TerminalTests {
  @Test func `What was asked for and the rest go different ways`() {
    let recording = Recording()
    recording.terminal.print(["one", "two\u{1B}[2J"])
    recording.terminal.note(["three\u{202E}"])
    recording.terminal.warn("four")
    #expect(recording.output == "one\ntwo\\x1B[2J\n")
    #expect(recording.errors == "three\\u{202E}\nfour\n")
  }

  @Test func `Emphasis only with colour`() {
    let recording = Recording(isInteractive: true, usesColour: true)
    recording.terminal.warn("bold\u{1B}")
    #expect(recording.errors == "\u{1B}[1mbold\\x1B\u{1B}[0m\n")
  }

  @Test func `Other lines clear the progress line first`() {
    let recording = Recording(isInteractive: true)
    recording.terminal.showProgress("half")
    recording.terminal.note(["note"])
    recording.terminal.note(["again"])
    #expect(recording.errors == "\rhalf\u{1B}[K\r\u{1B}[Knote\nagain\n")
  }

  @Test func `A progress line is cut to the width and never shown elsewhere`() {
    let recording = Recording(isInteractive: true)
    recording.terminal.showProgress(String(repeating: "x", count: 500))
    #expect(recording.errors == "\r" + String(repeating: "x", count: 79) + "\u{1B}[K")
    let plain = Recording()
    plain.terminal.showProgress("half")
    #expect(plain.errors == "")
  }

  @Test func `A broken standard output is noticed`() throws {
    SignalWatcher.surviveFailingWrites()
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    close(ends[0])
    defer { close(ends[1]) }
    let terminal = Terminal(
      output: ends[1], errors: ends[1], isInteractive: false, usesColour: false)
    #expect(!terminal.outputFailed)
    terminal.print("lost")
    #expect(terminal.outputFailed)
  }
}
