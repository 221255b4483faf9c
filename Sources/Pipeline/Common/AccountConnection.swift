import Clients
import Platform
import Protocols
import Transport

/// How often, and after which pauses, what failed for a passing reason is tried again.
package struct RetryPolicy: Sendable {
  /// Seconds before each further try.
  package let pauses: [Double]

  package init(pauses: [Double]) { self.pauses = pauses }

  /// Five further tries within about half a minute.
  package static let standard = RetryPolicy(pauses: [0.5, 2, 4, 8, 16])
}

/// A worker's connection to an account, made anew when it is lost.
///
/// Confined to the worker's thread.
final class AccountConnection {
  let account: ServerAccount
  private let enabling: [Capability]
  private let interruption: Interruption
  private let retry: RetryPolicy
  private var connection: IMAPConnection?
  private var hasConnected = false

  init(
    account: ServerAccount, enabling: [Capability], interruption: Interruption, retry: RetryPolicy
  ) {
    self.account = account
    self.enabling = enabling
    self.interruption = interruption
    self.retry = retry
  }

  /// The connection there is, or a new one.
  ///
  /// A login that was refused is not tried again, nor is a server that was never reached because
  /// nothing listens there.
  func live() throws(ClientError) -> IMAPConnection {
    if let connection { return connection }
    var pauses = retry.pauses[...]
    while true {
      do throws(ClientError) {
        let made = try IMAPConnection.open(
          account, enabling: enabling, interruption: interruption)
        connection = made
        hasConnected = true
        return made
      } catch {
        guard mayTryAgain(error), let pause = pauses.popFirst() else { throw error }
        try wait(seconds: pause)
      }
    }
  }

  /// Makes the first connection, with one try; false where the server takes no further one.
  func connectOnce() -> Bool {
    connection = try? IMAPConnection.open(
      account, enabling: enabling, interruption: interruption)
    hasConnected = connection != nil
    return hasConnected
  }

  /// Does what may be done again from its beginning, on a new connection whenever one is lost.
  ///
  /// - Throws: what `body` throws, a lost connection only after some tries; what making one throws.
  func persist<Result>(_ body: (IMAPConnection) throws -> Result) throws -> Result {
    var pauses = retry.pauses[...]
    while true {
      let connection = try live()
      do {
        return try body(connection)
      } catch let error as ClientError where error.endsConnection {
        drop()
        guard error.isRetryable, let pause = pauses.popFirst() else { throw error }
        try wait(seconds: pause)
      }
    }
  }

  private func mayTryAgain(_ error: ClientError) -> Bool {
    if error.isRetryable { return true }
    if case .transport(.connectionRefused(_, _)) = error { return hasConnected }
    return false
  }

  /// Forgets a connection that failed.
  func drop() { connection = nil }

  /// Leaves the server in peace, if there is a connection.
  func logout() {
    connection?.logout()
    connection = nil
  }

  /// Waits; an interruption ends it.
  func wait(seconds: Double) throws(ClientError) {
    do {
      _ = try Poller.wait(
        descriptor: -1, for: .read, until: .after(seconds: seconds), interruption: interruption)
    } catch {
      if error == .interrupted { throw .transport(.interrupted) }
    }
  }
}

extension ClientError {
  /// Whether the connection is gone, so that a new one is needed for whatever comes next.
  var endsConnection: Bool {
    if case .refused = self { false } else { true }
  }
}
