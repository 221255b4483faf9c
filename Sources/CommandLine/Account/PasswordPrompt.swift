import Glibc
import Pipeline
import Platform
import Protocols

/// Asks for a password at the terminal, without showing what is typed.
enum PasswordPrompt {
  /// Prints the question on the terminal and reads one line from it.
  ///
  /// The terminal's settings are restored however this ends.
  /// - Parameters:
  ///   - path: the terminal, normally `/dev/tty`.
  ///   - question: printed before the cursor; already escaped.
  ///   - interruption: what else ends the wait.
  /// - Returns: nil if there is no terminal.
  /// - Throws: a usage failure if nothing was typed; the signal's failure if interrupted.
  static func ask(
    path: String, question: String, interruption: Interruption?
  ) throws(Failure) -> Secret? {
    let terminal = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY)
    guard terminal >= 0 else { return nil }
    defer { close(terminal) }
    var saved = termios()
    guard tcgetattr(terminal, &saved) == 0 else { return nil }
    var silent = saved
    silent.c_lflag &= ~tcflag_t(ECHO)
    silent.c_lflag |= tcflag_t(ECHONL | ICANON | ISIG)
    // Not TCSAFLUSH here: it would drop what was typed or pasted ahead.
    guard tcsetattr(terminal, TCSADRAIN, &silent) == 0 else { return nil }
    defer { tcsetattr(terminal, TCSAFLUSH, &saved) }
    _ = Array(question.utf8).withUnsafeBytes { write(terminal, $0.baseAddress, $0.count) }
    let line = try readLine(terminal, interruption: interruption)
    guard let password = PasswordLine.secret(in: line) else {
      throw .usage("no password was typed")
    }
    return password
  }

  private static func readLine(
    _ terminal: Int32, interruption: Interruption?
  ) throws(Failure) -> [UInt8] {
    var line: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1024)
    while line.count <= PasswordLine.limit, line.last != UInt8(ascii: "\n") {
      do throws(PollError) {
        _ = try Poller.wait(
          descriptor: terminal, for: .read, until: .never, interruption: interruption)
      } catch .interrupted {
        _ = write(terminal, "\n", 1)
        throw Interrupted.failure
      } catch {
        break
      }
      let got = read(terminal, &buffer, buffer.count)
      if got < 0, errno == EINTR { continue }
      guard got > 0 else { break }
      line += buffer.prefix(got)
    }
    return line
  }
}
