import Glibc
import Pipeline
import Platform

/// Runs the program with the process's own arguments, and ends the process.
package func runProcess() async -> Never {
  FreedMemory.goesBack()
  let arguments = Array(Swift.CommandLine.arguments.dropFirst())
  let status = await run(arguments, terminal: Terminal())
  fflush(nil)
  // Not `exit`: it takes down OpenSSL and the runtime while a worker's thread may still be returning.
  _exit(status.rawValue)
}

/// Runs the program.
///
/// SIGINT and SIGTERM stop it cleanly, a second one at once.
/// - Parameters:
///   - arguments: the words after the program's name.
///   - terminal: where everything is shown.
/// - Returns: the exit status. Errors have been shown.
func run(_ arguments: [String], terminal: Terminal) async -> ExitStatus {
  var wantsEvents = false
  do {
    let invocation = try ArgumentParser.parse(arguments)
    wantsEvents = invocation.has(.json)
    let status = try await perform(invocation, terminal)
    guard status == .done, terminal.outputFailed else { return status }
    throw Failure(
      scope: .run, cause: .disk, summary: "the standard output could not be written", advice: nil,
      retryable: false)
  } catch {
    let failure = describe(error)
    terminal.clearProgress()
    if wantsEvents { JSONEvents(terminal: terminal, now: { 0 }).error(failure) }
    ErrorText.show(failure, on: terminal)
    return failure.cause.exitStatus
  }
}

private func perform(_ invocation: Invocation, _ terminal: Terminal) async throws -> ExitStatus {
  SignalWatcher.surviveFailingWrites()
  if let text = try HelpCommand.text(invocation) {
    terminal.printVerbatim(text)
    return .done
  }
  let interruption = try Interruption()
  SignalWatcher.install(interruption)
  let context = RunContext(
    invocation: invocation, terminal: terminal, interruption: interruption)
  switch invocation.command {
  case .pull: return try await PullCommand.run(context)
  case .push: return try await PushCommand.run(context)
  case .convert: return try await ConvertCommand.run(context)
  case .list: return try await ListCommand.run(context)
  case .status: return try await StatusCommand.run(context)
  case .verify: return try await VerifyCommand.run(context)
  case .trash: return try await TrashCommand.run(context)
  case .probe: return try await ProbeCommand.run(context)
  case .selftest: return try await SelftestCommand.run(context)
  case .help, nil: return .done
  }
}

private func describe(_ error: any Error) -> Failure {
  switch error {
  case let failure as Failure: failure
  case let error as SystemError:
    Failure(
      scope: .run, cause: .disk, summary: "\(error)", advice: nil, retryable: false)
  default:
    Failure(scope: .run, cause: .disk, summary: "\(error)", advice: nil, retryable: false)
  }
}
