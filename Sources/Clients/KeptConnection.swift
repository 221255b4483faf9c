import Platform
import Protocols

import Transport

/// A worker's connection to an account, made anew when it is lost.
///
/// Confined to the worker's thread.
package final class KeptConnection<Connection: AnyObject> {
  private let open: () throws(ClientError) -> Connection
  private let leave: (Connection) -> Void
  let interruption: Interruption
  let retry: RetryPolicy
  /// Shared with the other workers of the run.
  package let budget: ConnectionBudget
  private let sayNoop: @Sendable (Connection) -> Bool
  private let onWait: @Sendable (ServerWait) -> Void
  private var connection: Connection?
  private var keepAlive: KeepAlive?
  private var isLent = false
  /// Why the last one ended, where the server wants to be left alone after that.
  private var farewell: ClientError?

  init(
    open: @escaping () throws(ClientError) -> Connection, leave: @escaping (Connection) -> Void,
    sayNoop: @escaping @Sendable (Connection) -> Bool, interruption: Interruption,
    retry: RetryPolicy, budget: ConnectionBudget, onWait: @escaping @Sendable (ServerWait) -> Void
  ) {
    self.open = open
    self.leave = leave
    self.sayNoop = sayNoop
    self.interruption = interruption
    self.retry = retry
    self.budget = budget
    self.onWait = onWait
  }

  deinit {
    keepAlive?.end()
    if connection != nil { budget.closed() }
  }

  /// The connection there is, or a new one.
  ///
  /// A server that takes no further connection is waited for as long as others of the run have theirs:
  /// one of them will be given back. A login that was refused is not tried again, nor is a server that
  /// was never reached.
  /// - Throws: why there is none.
  package func live() throws(ClientError) -> Connection {
    takeBack()
    if let connection { return connection }
    var patience = Patience(retry)
    if let error = farewell {
      farewell = nil
      try wait(after: error, &patience)
    }
    var looks = 0
    var isDue = false
    var isTold = false
    var reason = "other connections are open, and the server takes no further one"
    while true {
      let closings = budget.closings
      guard try budget.claim(evenIfFull: isDue) else {
        isDue = try waitForPlace(look: looks, isTold ? nil : reason)
        isTold = true
        if isDue { looks += 1 }
        continue
      }
      isDue = false
      do throws(ClientError) { return try connect() } catch {
        let isFull = budget.failed(mayBeFull: error.mayMeanFull, since: closings)
        if case .loginRefused = error { budget.refused(error) }
        guard mayTryAgain(error) else { throw error }
        if let words = error.words { reason = words }
        guard isFull else {
          try wait(after: error, &patience)
          continue
        }
        if let seconds = error.suggestedPause {
          try wait(seconds: try obeyed(seconds, error), because: error)
        }
      }
    }
  }

  /// Makes the first connection of a worker that has nothing in hand yet, with one try; false where the
  /// server takes no further one.
  package func join() -> Bool {
    guard connection == nil else { return true }
    let closings = budget.closings
    guard (try? budget.claim(evenIfFull: false)) == true else { return false }
    do throws(ClientError) {
      _ = try connect()
      return true
    } catch {
      // Others are let in with the same password: it must be about their number.
      if case .loginRefused = error {
        budget.failed(mayBeFull: true, since: closings)
      } else {
        budget.failed(mayBeFull: error.mayMeanFull, since: closings)
      }
      return false
    }
  }

  private func connect() throws(ClientError) -> Connection {
    let made = try open()
    budget.opened()
    connection = made
    return made
  }

  private func mayTryAgain(_ error: ClientError) -> Bool {
    switch error {
    // Whoever was reached before may only be away for a moment; else it mostly is the wrong name or port.
    case .transport(.nameNotFound), .transport(.connectionRefused), .transport(.unreachable),
      .transport(.timedOut):
      budget.hasConnected
    // The password is not sent again because of words that may mean something else.
    case .loginUnavailable(let text, _) where text.code?.isTemporary != true:
      error.suggestedPause != nil || budget.hasConnected
    default: error.isRetryable
    }
  }

  /// Whether there is a connection, as far as is known.
  package var isConnected: Bool { connection != nil }

  /// Forgets a connection that failed.
  ///
  /// - Parameter error: how; the next one is not made before the server wants it.
  package func drop(after error: ClientError? = nil) {
    takeBack()
    if connection != nil { budget.closed() }
    connection = nil
    farewell = error?.suggestedPause == nil ? nil : error
  }

  /// Leaves the server in peace, if there is a connection.
  package func logout() {
    takeBack()
    if let connection {
      leave(connection)
      budget.closed()
    }
    connection = nil
  }

  // MARK: Keeping alive

  /// Lends the connection to whoever keeps it alive; false where there is none, or it is lent already.
  func lend() -> Bool {
    guard let connection, !isLent else { return false }
    if keepAlive == nil { keepAlive = try? KeepAlive(interval: retry.keepAlive) }
    guard let keepAlive else { return false }
    // Safe, as a lock sees to it: between `lend` and `takeBack` only the other thread has it, and
    // `takeBack` returns when that is done with it. The compiler can't follow what is lent for a time.
    nonisolated(unsafe) let lent = connection
    keepAlive.lend { [sayNoop] in sayNoop(lent) }
    isLent = true
    return true
  }

  /// Takes the connection back.
  func takeBack() {
    guard isLent else { return }
    keepAlive?.takeBack()
    isLent = false
  }

  // MARK: Waiting

  /// Waits until one of this run gives its connection back, or a longer pause is over.
  ///
  /// - Returns: whether the pause is over.
  private func waitForPlace(look: Int, _ reason: String?) throws(ClientError) -> Bool {
    let seconds = retry.placePause(turn: look)
    guard let bell = try? Interruption(within: interruption) else {
      try wait(seconds: seconds)
      return true
    }
    guard budget.wait(bell) else { return false }
    defer { budget.forget(bell) }
    if let reason { tell(seconds, reason) }
    return try pause(seconds, bell)
  }

  /// Waits as long as the server asks for, or for the next pause.
  ///
  /// - Parameters:
  ///   - error: what failed.
  ///   - patience: how often that may be, and how long it takes where the server says nothing.
  /// - Throws: the error where it was tried often enough; `ClientError.stayAway` where the server asks
  ///   for more than a run can wait.
  package func wait(
    after error: ClientError, _ patience: inout Patience
  ) throws(ClientError) {
    guard let pause = patience.next(isAsked: error.asksForPatience) else { throw error }
    defer { patience.begin() }
    guard let asked = error.suggestedPause else {
      return try wait(seconds: retry.varied(pause), because: error)
    }
    // A server that names an instant each time is not asked all the more often.
    try wait(seconds: max(try obeyed(asked, error), retry.varied(pause)), because: error)
  }

  private func obeyed(_ seconds: Double, _ error: ClientError) throws(ClientError) -> Double {
    guard seconds <= RetryPolicy.mostPause else {
      throw .stayAway(seconds: seconds, error.words ?? "")
    }
    return retry.atLeast(seconds)
  }

  private func wait(seconds: Double, because error: ClientError) throws(ClientError) {
    tell(seconds, error.words ?? "the server can't be reached")
    try wait(seconds: seconds)
  }

  private func tell(_ seconds: Double, _ reason: String) {
    guard seconds >= ServerWait.leastSeconds else { return }
    onWait(ServerWait(seconds: seconds, reason: reason))
  }

  /// Waits; an interruption ends it.
  package func wait(seconds: Double) throws(ClientError) {
    _ = try pause(seconds, interruption)
  }

  /// - Returns: whether it was not ended early by a bell that is no interruption.
  private func pause(_ seconds: Double, _ bell: Interruption) throws(ClientError) -> Bool {
    do {
      _ = try Poller.wait(
        descriptor: -1, for: .read, until: .after(seconds: retry.elapse(seconds)),
        interruption: bell)
    } catch {
      if interruption.isInterrupted { throw .transport(.interrupted) }
      return error != .interrupted
    }
    return true
  }
}
