import Glibc

/// What a program that ran to its end left behind.
package struct ProcessResult: Sendable {
  /// How it ended.
  package let ending: ChildProcess.Ending
  /// Its standard output; what is not UTF-8 is replaced.
  package let output: String
  /// Its standard error; what is not UTF-8 is replaced.
  package let errors: String

  /// The exit status, or 128 plus the number of the signal that killed it, as shells count.
  package var status: Int32 {
    switch ending {
    case .exited(let status): status
    case .killed(let signal): 128 + signal
    }
  }
}

/// Runs the program at `path` to its end.
package func runProcess(
  _ path: String, _ arguments: [String], input: ChildProcess.Input = .none,
  environment: [String: String] = [:]
) throws -> ProcessResult {
  let child = try ChildProcess(path, arguments, input: input, environment: environment)
  let ending = child.wait()
  return ProcessResult(
    ending: ending, output: String(decoding: child.standardOutput, as: UTF8.self),
    errors: String(decoding: child.standardError, as: UTF8.self))
}

/// Runs the program at `path` to its end and throws, with what it said, unless it exits with 0.
package func runSuccessfully(_ path: String, _ arguments: [String]) throws {
  let result = try runProcess(path, arguments)
  guard result.status == 0 else {
    throw TestSetupError("\(path) exited with \(result.status): \(result.errors)")
  }
}

/// The path of a program that this package builds, beside the running test bundle.
package func builtProgram(_ name: String) -> String {
  let executable = realpath("/proc/self/exe", nil)
  defer { free(executable) }
  let bundle = executable.map { String(cString: $0) } ?? "/"
  return bundle.split(separator: "/", omittingEmptySubsequences: false)
    .dropLast().joined(separator: "/") + "/" + name
}
