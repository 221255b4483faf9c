import Glibc
import Synchronization

/// A program that this process started, with one of its output streams at hand.
///
/// It is not waited for when the object goes away.
package final class SpawnedProcess: Sendable {
  /// How a program ended.
  package enum Ending: Sendable, Equatable {
    case exited(Int32)
    case killed(signal: Int32)
  }

  /// How a program is started.
  package struct Setup: Sendable {
    /// The program's file.
    package let path: String
    /// What it is told, its own name first.
    package let arguments: [String]
    /// Its variables as `NAME=value`; nil for those of this process.
    package let environment: [String]?
    /// Whether it reads `/dev/null` instead of this process's standard input.
    package let readsNothing: Bool
    /// Which of its streams comes here: standard output or standard error.
    package let capturing: Int32
    /// Descriptors of this process that it gets, by the numbers that they have there.
    package let handing: [Int32: Int32]
    /// Whether it leads a process group, so that what is typed at the terminal does not reach it.
    package let leadsGroup: Bool

    package init(
      path: String, arguments: [String], environment: [String]?, readsNothing: Bool,
      capturing: Int32, handing: [Int32: Int32], leadsGroup: Bool
    ) {
      self.path = path
      self.arguments = arguments
      self.environment = environment
      self.readsNothing = readsNothing
      self.capturing = capturing
      self.handing = handing
      self.leadsGroup = leadsGroup
    }
  }

  private let process: pid_t
  private let ending = Mutex<Ending?>(nil)
  /// The end of a pipe from which the captured stream is read without blocking; the stream ends when
  /// the program and all to whom it gave it have ended.
  package let output: FileDescriptor

  /// Starts a program.
  ///
  /// - Throws: what keeps it from being started.
  package init(_ setup: Setup) throws(SystemError) {
    var ends: [Int32] = [-1, -1]
    try retrying("make a pipe", nil) { pipe(&ends) }
    output = FileDescriptor(owning: ends[0])
    let input = FileDescriptor(owning: ends[1])
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
    process = try Self.spawn(setup, stream: input.rawValue)
  }

  /// Sends a signal, unless the end of the process was seen already.
  package func signal(_ number: Int32) {
    ending.withLock { if $0 == nil { _ = kill(process, number) } }
  }

  /// How it ended; nil while it runs.
  package func poll() -> Ending? {
    ending.withLock { ending in
      if ending != nil { return ending }
      var status: Int32 = 0
      guard waitpid(process, &status, WNOHANG) == process else { return nil }
      let signal = status & 0x7F
      ending = signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal: signal)
      return ending
    }
  }

  /// Waits until it has ended.
  package func wait() -> Ending {
    // Leaves it to be reaped under the lock, so that no signal goes to a stranger meanwhile.
    var information = siginfo_t()
    while waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    return poll() ?? .exited(-1)
  }

  private static func spawn(_ setup: Setup, stream: Int32) throws(SystemError) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if setup.readsNothing {
      posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    }
    posix_spawn_file_actions_adddup2(&actions, stream, setup.capturing)
    for (own, its) in setup.handing { posix_spawn_file_actions_adddup2(&actions, own, its) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Threads of Swift's pool block signals; a child that did so too could not be stopped.
    var noSignals = sigset_t()
    sigemptyset(&noSignals)
    posix_spawnattr_setsigmask(&attributes, &noSignals)
    let group = setup.leadsGroup ? Int16(POSIX_SPAWN_SETPGROUP) : 0
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK) | group)
    let words = copies(setup.arguments)
    let variables = copies(setup.environment ?? [])
    defer { for text in words + variables { free(text) } }
    var process: pid_t = 0
    let code =
      setup.environment == nil
      ? posix_spawn(&process, setup.path, &actions, &attributes, words, environ)
      : posix_spawn(&process, setup.path, &actions, &attributes, words, variables)
    guard code == 0 else { throw SystemError(errno: code, operation: "start", path: setup.path) }
    return process
  }

  private static func copies(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
    texts.map { $0.withCString { strdup($0) } } + [nil]
  }
}
