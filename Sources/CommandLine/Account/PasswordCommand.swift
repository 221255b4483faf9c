import Glibc
import Pipeline
import Platform
import Protocols

/// Takes a password from what a command of the user prints.
///
/// The command gets our standard input and standard error, so that it can ask at the terminal.
enum PasswordCommand {
  /// The first line of what the command prints.
  ///
  /// Waits until the command has ended, but not for background processes that it leaves behind.
  /// - Throws: a usage failure if the command can't be run, fails, or prints no password; the
  ///   signal's failure if the interruption is raised, after the command was told to end.
  static func run(_ command: String, interruption: Interruption?) throws(Failure) -> Secret {
    let child = try Child(command)
    defer { close(child.output) }
    var octets: [UInt8] = []
    while true {
      switch child.read(into: &octets, interruption: interruption) {
      case .ended(let status):
        guard status == 0 else { throw failed(status) }
        guard let password = PasswordLine.secret(in: octets) else {
          throw failure("printed no password in its first line", advice: nil)
        }
        return password
      case .goesOn:
        continue
      case .interrupted:
        child.stop()
        throw Interrupted.failure
      }
    }
  }

  private static func failed(_ status: Int32) -> Failure {
    let signal = status & 0x7F
    let how = signal == 0 ? "exit status \(status >> 8 & 0xFF)" : "signal \(signal)"
    return failure("failed with \(how)", advice: "Run the command by hand to see what it prints.")
  }

  static func failure(_ what: String, advice: String?) -> Failure {
    .usage("the password command \(what)", advice: advice)
  }
}

/// The running command.
private struct Child {
  enum Step {
    case goesOn
    case ended(status: Int32)
    case interrupted
  }

  let process: pid_t
  let output: Int32

  init(_ command: String) throws(Failure) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      throw PasswordCommand.failure("can't be run: \(describe(errno: errno))", advice: nil)
    }
    defer { close(ends[1]) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    // Threads of Swift's pool block signals; a child that did so too could not be stopped.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var noSignals = sigset_t()
    sigemptyset(&noSignals)
    posix_spawnattr_setsigmask(&attributes, &noSignals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var process: pid_t = 0
    let arguments: [String] = ["sh", "-c", command]
    let words: [UnsafeMutablePointer<CChar>?] =
      arguments.map { $0.withCString { strdup($0) } } + [nil]
    defer { for word in words { free(word) } }
    let code = posix_spawn(&process, "/bin/sh", &actions, &attributes, words, environ)
    guard code == 0 else {
      close(ends[0])
      throw PasswordCommand.failure("can't be run: \(describe(errno: code))", advice: nil)
    }
    self.process = process
    output = ends[0]
  }

  /// Waits a moment for output or for the end.
  func read(into octets: inout [UInt8], interruption: Interruption?) -> Step {
    do throws(PollError) {
      _ = try Poller.wait(
        descriptor: output, for: .read, until: .after(seconds: 0.02), interruption: interruption)
    } catch .interrupted {
      return .interrupted
    } catch {
      // Nothing was printed for a moment; the command may have ended all the same.
    }
    // The status is asked first: what was printed before the end is then in the pipe already.
    var status: Int32 = 0
    let hasEnded = waitpid(process, &status, WNOHANG) == process
    var atEnd = false
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !atEnd {
      let got = Glibc.read(output, &buffer, buffer.count)
      guard got > 0 else {
        atEnd = got == 0
        break
      }
      // What follows the longest password is drained, but not kept.
      octets += buffer.prefix(min(got, max(0, PasswordLine.limit + 2 - octets.count)))
    }
    if hasEnded { return .ended(status: status) }
    if atEnd {
      // A closed pipe polls as ready at once: wait for the end without spinning.
      usleep(5000)
    }
    return .goesOn
  }

  /// Asks the command to end and waits until it has.
  func stop() {
    kill(process, SIGTERM)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
  }
}
