import Platform
import Synchronization

/// Says NOOP over a connection while its owner is busy elsewhere, from a thread of its own, so that the
/// server does not take it for idle: POP3 servers may after 10 minutes, and what translates addresses on
/// the way after 5.
final class KeepAlive: Sendable {
  private struct State {
    /// Says NOOP; false where the connection is gone.
    var sayNoop: (@Sendable () -> Bool)?
    var since = MonotonicClock.now
  }

  private let interval: Double
  /// Held while NOOP is said: nobody else can have the connection then.
  private let state = Mutex(State())
  private let ended: Interruption

  /// - Parameter interval: seconds between two NOOPs.
  /// - Throws: where there is no thread or no descriptor left.
  init(interval: Double) throws(SystemError) {
    self.interval = interval
    ended = try Interruption()
    try WorkerThread.detach(name: "mailarc-noop") { [self] in watch() }
  }

  /// Ends the thread.
  func end() {
    ended.interrupt()
  }

  /// Lends a connection.
  func lend(_ sayNoop: @escaping @Sendable () -> Bool) {
    state.withLock { state in
      state.sayNoop = sayNoop
      state.since = .now
    }
  }

  /// Takes it back, as soon as a NOOP that is under way is answered.
  func takeBack() { state.withLock { $0.sayNoop = nil } }

  private func watch() {
    while !ended.isInterrupted {
      // A little more often than needed, since a connection is lent at any time.
      _ = try? Poller.wait(
        descriptor: -1, for: .read, until: .after(seconds: interval / 4), interruption: ended)
      state.withLock { state in
        guard let sayNoop = state.sayNoop,
          MonotonicClock.now.seconds(since: state.since) >= interval
        else { return }
        if !sayNoop() { state.sayNoop = nil }
        state.since = .now
      }
    }
  }
}
