package import Platform
package import Protocols

/// A worker's connection to an IMAP account.
package typealias AccountConnection = KeptConnection<IMAPConnection>

/// A worker's connection to a POP3 account.
package typealias MaildropConnection = KeptConnection<POP3Connection>

extension KeptConnection where Connection == IMAPConnection {
  /// A connection that is made when it is first needed.
  ///
  /// - Parameters:
  ///   - account: whom to log in as, and where.
  ///   - enabling: the extensions to switch on where the server offers them.
  ///   - interruption: what ends every wait.
  ///   - retry: how often and when to try again.
  ///   - budget: shared by all workers of a run.
  ///   - onWait: is told of each longer pause.
  package convenience init(
    account: ServerAccount, enabling: [Capability], interruption: Interruption, retry: RetryPolicy,
    budget: ConnectionBudget = ConnectionBudget(),
    onWait: @escaping @Sendable (ServerWait) -> Void = { _ in }
  ) {
    self.init(
      open: { () throws(ClientError) in
        try IMAPConnection.open(account, enabling: enabling, interruption: interruption)
      }, leave: { $0.logout() }, sayNoop: Self.noop, interruption: interruption, retry: retry,
      budget: budget,
      onWait: onWait)
  }
}

extension KeptConnection where Connection == POP3Connection {
  /// A connection that is made when it is first needed.
  ///
  /// - Parameters:
  ///   - account: whom to log in as, and where.
  ///   - interruption: what ends every wait.
  ///   - retry: how often and when to try again.
  ///   - onWait: is told of each longer pause.
  package convenience init(
    account: ServerAccount, interruption: Interruption, retry: RetryPolicy,
    onWait: @escaping @Sendable (ServerWait) -> Void = { _ in }
  ) {
    self.init(
      open: { () throws(ClientError) in
        try POP3Connection.open(account, interruption: interruption)
      }, leave: { $0.quit() }, sayNoop: Self.noop, interruption: interruption, retry: retry,
      budget: ConnectionBudget(), onWait: onWait)
  }
}

extension KeptConnection where Connection: ServerConnection {
  /// Whether the server answered.
  fileprivate static func noop(_ connection: Connection) -> Bool {
    (try? connection.sayNoop()) != nil
  }
}
