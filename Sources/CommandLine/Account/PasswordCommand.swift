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
    var octets: [UInt8] = []
    while true {
      switch child.read(into: &octets, interruption: interruption) {
      case .ended(let ending):
        guard ending == .exited(0) else { throw failed(ending) }
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

  private static func failed(_ ending: SpawnedProcess.Ending) -> Failure {
    let how =
      switch ending {
      case .exited(let status): "exit status \(status)"
      case .killed(let signal): "signal \(signal)"
      }
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
    case ended(SpawnedProcess.Ending)
    case interrupted
  }

  let process: SpawnedProcess

  init(_ command: String) throws(Failure) {
    do {
      process = try SpawnedProcess(
        SpawnedProcess.Setup(
          path: "/bin/sh", arguments: ["sh", "-c", command], environment: nil,
          readsNothing: false, capturing: STDOUT_FILENO, handing: [:], leadsGroup: false))
    } catch {
      throw PasswordCommand.failure("can't be run: \(error.reason)", advice: nil)
    }
  }

  /// Waits a moment for output or for the end.
  func read(into octets: inout [UInt8], interruption: Interruption?) -> Step {
    do throws(PollError) {
      _ = try Poller.wait(
        descriptor: process.output.rawValue, for: .read, until: .after(seconds: 0.02),
        interruption: interruption)
    } catch .interrupted {
      return .interrupted
    } catch {
      // Nothing was printed for a moment; the command may have ended all the same.
    }
    // The status is asked first: what was printed before the end is then in the pipe already.
    let ending = process.poll()
    var atEnd = false
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !atEnd {
      let got = Glibc.read(process.output.rawValue, &buffer, buffer.count)
      guard got > 0 else {
        atEnd = got == 0
        break
      }
      // What follows the longest password is drained, but not kept.
      octets += buffer.prefix(min(got, max(0, PasswordLine.limit + 2 - octets.count)))
    }
    if let ending { return .ended(ending) }
    if atEnd {
      // A closed pipe polls as ready at once: wait for the end without spinning.
      usleep(5000)
    }
    return .goesOn
  }

  /// Asks the command to end and waits until it has.
  func stop() {
    process.signal(SIGTERM)
    _ = process.wait()
  }
}
