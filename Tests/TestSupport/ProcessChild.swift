import CPlatform
import Glibc
import Synchronization

/// A program that runs beside the test, with its output collected in files that have no name.
package final class ChildProcess: Sendable {
  /// How a process ended.
  package enum Ending: Sendable, Hashable {
    case exited(Int32)
    case killed(signal: Int32)
  }

  /// Where the program's standard input comes from.
  package enum Input: Sendable {
    /// `/dev/null`.
    case none
    /// These bytes, then the end.
    case bytes([UInt8])
    /// A pipe, held open until `closeInput()` or until the test process dies.
    case pipe
  }

  /// The process id; it stays this process's own until `wait()` has returned.
  package let pid: Int32
  private let target: Int32
  private let output: Int32
  private let errors: Int32
  private let input: Mutex<Int32>
  private let ending = Mutex<Ending?>(nil)
  /// Held while a child starts: a pipe's writing end that leaked into another child in between
  /// would never end.
  private static let starting = Mutex(())

  /// Starts the program at `path`; `arguments` come after its name.
  ///
  /// `environment` replaces the inherited variables of the same name.
  ///
  /// With `leadsGroup` the program leads a process group of its own, and signals go to all of it.
  package init(
    _ path: String, _ arguments: [String], input: Input = .none,
    environment: [String: String] = [:], leadsGroup: Bool = false
  ) throws {
    let started = try Self.starting.withLock { _ in
      let output = try anonymousFile([])
      let errors = try anonymousFile([])
      var ends: [Int32] = [-1, -1]
      switch input {
      case .none: ends[0] = open("/dev/null", O_RDONLY | O_CLOEXEC)
      case .bytes(let bytes): ends[0] = try anonymousFile(bytes)
      case .pipe:
        guard Glibc.pipe(&ends) == 0 else { throw TestSystemError("pipe", path) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      }
      defer { close(ends[0]) }
      let pid = try spawn(
        path, arguments, environment, descriptors: [ends[0], output, errors],
        leadsGroup: leadsGroup)
      return (pid: pid, output: output, errors: errors, input: ends[1])
    }
    target = leadsGroup ? -started.pid : started.pid
    (pid, output, errors) = (started.pid, started.output, started.errors)
    self.input = Mutex(started.input)
  }

  /// Writes to the program's standard input, which must be a pipe.
  package func write(_ text: String) {
    input.withLock { descriptor in
      _ = Array(text.utf8).withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }
  }

  /// Ends the program's standard input.
  package func closeInput() {
    input.withLock { descriptor in
      if descriptor >= 0 { close(descriptor) }
      descriptor = -1
    }
  }

  /// Sends a signal, unless the process was waited for already.
  package func signal(_ number: Int32) {
    ending.withLock { if $0 == nil { _ = kill(target, number) } }
  }

  /// Waits until the process has ended.
  @discardableResult
  package func wait() -> Ending {
    // waitid leaves the zombie, so that the id stays valid for a `signal` on another thread.
    var information = siginfo_t()
    while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    return poll() ?? .exited(-1)
  }

  /// How the process ended, or nil while it runs.
  package func poll() -> Ending? {
    ending.withLock { ending in
      if ending != nil { return ending }
      var status: Int32 = 0
      guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
      let signal = status & 0x7f
      ending = signal == 0 ? .exited((status >> 8) & 0xff) : .killed(signal: signal)
      return ending
    }
  }

  /// What the program has written to its standard output so far.
  package var standardOutput: [UInt8] { contents(of: output) }

  /// What the program has written to its standard error so far.
  package var standardError: [UInt8] { contents(of: errors) }

  deinit {
    closeInput()
    if poll() == nil {
      signal(SIGKILL)
      wait()
    }
    close(output)
    close(errors)
  }
}

/// A read-write file without a name that holds `bytes`, positioned at its start.
private func anonymousFile(_ bytes: [UInt8]) throws -> Int32 {
  var template = Array("/tmp/mailarc-test.XXXXXX".utf8CString)
  let descriptor = mkstemp(&template)
  guard descriptor >= 0 else { throw TestSystemError("mkstemp", "/tmp") }
  _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  unlink(template)
  let written = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
  guard written == bytes.count else { throw TestSystemError("write", "/tmp") }
  return descriptor
}

private func contents(of descriptor: Int32) -> [UInt8] {
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 65_536)
  while true {
    // pread leaves the file position, which the child shares, where it is.
    let count = chunk.withUnsafeMutableBytes {
      pread(descriptor, $0.baseAddress, $0.count, off_t(bytes.count))
    }
    guard count > 0 else { return bytes }
    bytes += chunk[..<count]
  }
}

private func spawn(
  _ path: String, _ arguments: [String], _ environment: [String: String], descriptors: [Int32],
  leadsGroup: Bool
) throws -> pid_t {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  for (number, descriptor) in descriptors.enumerated() {
    posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
  }
  // What other tests have open, a lock perhaps, is not to outlive them in a server that runs on.
  mailarc_spawn_closing_from(&actions, 3)
  // The pool's threads block signals, and a child inherits that: SIGTERM would never reach it.
  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  defer { posix_spawnattr_destroy(&attributes) }
  var signals = sigset_t()
  sigemptyset(&signals)
  posix_spawnattr_setsigmask(&attributes, &signals)
  sigfillset(&signals)
  posix_spawnattr_setsigdefault(&attributes, &signals)
  let group = leadsGroup ? Int16(POSIX_SPAWN_SETPGROUP) : 0
  posix_spawnattr_setflags(
    &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF) | group)
  var argv = ([path] + arguments).map { strdup($0) } + [nil]
  var envp = variables(replacing: environment).map { strdup($0) } + [nil]
  defer { for pointer in argv + envp { free(pointer) } }
  var pid: pid_t = 0
  let failure = posix_spawn(&pid, path, &actions, &attributes, &argv, &envp)
  guard failure == 0 else { throw TestSystemError("start", path, number: failure) }
  return pid
}

private func variables(replacing replaced: [String: String]) -> [String] {
  var result = replaced.map { "\($0.key)=\($0.value)" }
  var entry = environ
  while let text = entry.pointee {
    let variable = String(cString: text)
    if replaced[String(variable.prefix { $0 != "=" })] == nil { result.append(variable) }
    entry += 1
  }
  return result
}
