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

/// A worker's connection to an IMAP account.
typealias AccountConnection = KeptConnection<IMAPConnection>

/// A worker's connection to a POP3 account.
typealias MaildropConnection = KeptConnection<POP3Connection>

/// A worker's connection to an account, made anew when it is lost.
///
/// Confined to the worker's thread.
final class KeptConnection<Connection> {
  private let open: () throws(ClientError) -> Connection
  private let leave: (Connection) -> Void
  private let interruption: Interruption
  private let retry: RetryPolicy
  private var connection: Connection?
  private var hasConnected = false

  private init(
    open: @escaping () throws(ClientError) -> Connection, leave: @escaping (Connection) -> Void,
    interruption: Interruption, retry: RetryPolicy
  ) {
    self.open = open
    self.leave = leave
    self.interruption = interruption
    self.retry = retry
  }

  /// The connection there is, or a new one.
  ///
  /// A login that was refused is not tried again, nor is a server that was never reached because
  /// nothing listens there.
  func live() throws(ClientError) -> Connection {
    if let connection { return connection }
    var pauses = retry.pauses[...]
    while true {
      do throws(ClientError) {
        let made = try open()
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
    connection = try? open()
    hasConnected = connection != nil
    return hasConnected
  }

  /// Does what may be done again from its beginning, on a new connection whenever one is lost.
  ///
  /// - Throws: what `body` throws, a lost connection only after some tries; what making one throws.
  func persist<Result>(_ body: (Connection) throws -> Result) throws -> Result {
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

  /// Does what finds done what an earlier attempt did, on a new connection whenever one is lost.
  ///
  /// - Parameters:
  ///   - body: one attempt.
  ///   - onLoss: decides whether another one makes sense, and throws if not.
  /// - Returns: what the last attempt returns.
  /// - Throws: what `body` and `onLoss` throw; what making a connection throws: a server that can't be
  ///   reached any more was tried often enough by then.
  func resume<Result>(
    _ body: (Connection) throws -> Result, onLoss: (ClientError) throws -> Void
  ) throws -> Result {
    while true {
      let connection = try live()
      do {
        return try body(connection)
      } catch let error as ClientError where error.endsConnection {
        drop()
        try onLoss(error)
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
    if let connection { leave(connection) }
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

extension KeptConnection where Connection == IMAPConnection {
  convenience init(
    account: ServerAccount, enabling: [Capability], interruption: Interruption, retry: RetryPolicy
  ) {
    self.init(
      open: { () throws(ClientError) in
        try IMAPConnection.open(account, enabling: enabling, interruption: interruption)
      }, leave: { $0.logout() }, interruption: interruption, retry: retry)
  }
}

extension KeptConnection where Connection == POP3Connection {
  convenience init(account: ServerAccount, interruption: Interruption, retry: RetryPolicy) {
    self.init(
      open: { () throws(ClientError) in
        try POP3Connection.open(account, interruption: interruption)
      }, leave: { $0.quit() }, interruption: interruption, retry: retry)
  }
}

extension ClientError {
  /// Whether the connection is gone, so that a new one is needed for whatever comes next.
  var endsConnection: Bool {
    if case .refused = self { false } else { true }
  }
}
