import Glibc
import Synchronization

/// Turns SIGINT and SIGTERM into an interruption, once in a process.
package enum SignalWatcher {
  /// Begins to watch; also does what `surviveFailingWrites` does.
  ///
  /// The first SIGINT or SIGTERM raises the interruption; the second ends the process at once with
  /// 128 and the signal's number.
  /// - Parameter interruption: what to raise; kept for the life of the process.
  package static func install(_ interruption: Interruption) {
    let address = Unmanaged.passRetained(interruption).toOpaque()
    target.store(Int(bitPattern: address), ordering: .sequentiallyConsistent)
    // Touched here, so that the handler never is the one that sets the globals up.
    received.store(0, ordering: .sequentiallyConsistent)
    handle(SIGINT, stop)
    handle(SIGTERM, stop)
    surviveFailingWrites()
  }

  /// Makes writes to a closed pipe or socket (EPIPE), or beyond a file-size limit (EFBIG), fail
  /// instead of ending the process.
  package static func surviveFailingWrites() {
    // Caught and dropped, not ignored: that would be inherited by child processes.
    handle(SIGPIPE) { _ in }
    handle(SIGXFSZ) { _ in }
  }

  /// The signal that asked the process to stop, or nil.
  package static var receivedSignal: Int32? {
    let number = received.load(ordering: .sequentiallyConsistent)
    return number == 0 ? nil : number
  }

  private static func handle(_ number: Int32, _ handler: @escaping @convention(c) (Int32) -> Void) {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = handler
    action.sa_flags = SA_RESTART
    sigaction(number, &action, nil)
  }
}

private let received = Atomic<Int32>(0)
private let target = Atomic<Int>(0)

// Runs in a signal handler: atomics, write(2) and _exit(2) only.
private func stop(_ number: Int32) {
  guard received.exchange(number, ordering: .sequentiallyConsistent) == 0 else {
    _exit(128 + number)
  }
  let address = UnsafeRawPointer(bitPattern: target.load(ordering: .sequentiallyConsistent))
  guard let address else { return }
  Unmanaged<Interruption>.fromOpaque(address)._withUnsafeGuaranteedRef { $0.interrupt() }
}
