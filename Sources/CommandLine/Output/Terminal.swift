import Glibc
import Platform
import Synchronization

/// The two ways out to the user. The rules are:
///
/// - What was asked for goes to standard output: help, the plan of a dry run, the report, JSON.
///   Everything else goes to standard error: progress, errors, hints.
/// - An error is one line `mailarc: what, where, why`, lower case, no full stop. What to do about it
///   follows in lines that begin with `hint:`.
/// - Text that others wrote is escaped (`TerminalText`) before it is put into a line. The methods
///   here take whole lines, and escape them once more in full, as a net: a line is one line.
/// - Colour only for emphasis, only on a terminal, never with NO_COLOR or TERM=dumb.
/// - The progress line is the only thing that is ever overwritten. Whatever else is printed clears
///   it first.
final class Terminal: Sendable {
  private let output: Int32
  private let errors: Int32
  private let state = Mutex(State())

  /// Whether standard error is a terminal on which a line can be redrawn.
  let isInteractive: Bool
  /// Whether emphasis may be used on standard error.
  let usesColour: Bool

  private struct State {
    var showsProgress = false
    var outputFailed = false
  }

  /// The process's own standard output and standard error.
  convenience init() {
    let isCapable = isatty(STDERR_FILENO) == 1 && Environment.value("TERM") != "dumb"
    let noColour = Environment.value("NO_COLOR").map { !$0.isEmpty } ?? false
    self.init(
      output: STDOUT_FILENO, errors: STDERR_FILENO, isInteractive: isCapable,
      usesColour: isCapable && !noColour)
  }

  /// A terminal on given descriptors, which stay open as long as it lives.
  init(output: Int32, errors: Int32, isInteractive: Bool, usesColour: Bool) {
    self.output = output
    self.errors = errors
    self.isInteractive = isInteractive
    self.usesColour = usesColour
  }

  /// Columns of the terminal, now; 80 if it does not say.
  var width: Int {
    var size = winsize()
    guard ioctl(errors, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Columns that a line on standard output may have; nil where that is no terminal, and lines are
  /// as long as they are.
  var outputWidth: Int? {
    var size = winsize()
    guard isatty(output) == 1 else { return nil }
    guard ioctl(output, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Whether something could not be written to standard output.
  var outputFailed: Bool { state.withLock { $0.outputFailed } }

  /// Prints lines on standard output.
  func print(_ lines: [String]) {
    write(lines.map(TerminalText.escape))
  }

  /// Prints a line on standard output.
  func print(_ line: String) {
    print([line])
  }

  /// Prints text of our own on standard output as it is: roff, scripts.
  func printVerbatim(_ text: String) {
    write([text])
  }

  /// Prints lines on standard error.
  func note(_ lines: [String]) {
    note(lines, before: "", after: "")
  }

  /// Prints a line on standard error with emphasis.
  func warn(_ line: String) {
    note([line], before: usesColour ? "\u{1B}[1m" : "", after: usesColour ? "\u{1B}[0m" : "")
  }

  /// Shows a line that the next one replaces, on a terminal only.
  ///
  /// One that is too wide is cut.
  func showProgress(_ line: String) {
    guard isInteractive else { return }
    let line = TerminalText.prefix(TerminalText.escape(line), columns: width - 1)
    state.withLock { state in
      state.showsProgress = true
      Self.write("\r" + line + "\u{1B}[K", to: errors)
    }
  }

  /// Takes the progress line away.
  func clearProgress() {
    state.withLock { clear(&$0) }
  }

  private func note(_ lines: [String], before: String, after: String) {
    let text = lines.map { before + TerminalText.escape($0) + after + "\n" }.joined()
    state.withLock { state in
      clear(&state)
      Self.write(text, to: errors)
    }
  }

  private func write(_ lines: [String]) {
    let text = lines.map { $0 + "\n" }.joined()
    state.withLock { state in
      clear(&state)
      if !Self.write(text, to: output) { state.outputFailed = true }
    }
  }

  private func clear(_ state: inout State) {
    guard state.showsProgress else { return }
    state.showsProgress = false
    Self.write("\r\u{1B}[K", to: errors)
  }

  @discardableResult
  private static func write(_ text: String, to descriptor: Int32) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while !rest.isEmpty {
        let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
        if count < 0 {
          if errno == EINTR { continue }
          guard errno == EAGAIN, waitForRoom(descriptor) else { return false }
          continue
        }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
      }
      return true
    }
  }

  // Somebody may have made the terminal non-blocking.
  private static func waitForRoom(_ descriptor: Int32) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return poll(&entry, 1, 10_000) > 0
  }
}
