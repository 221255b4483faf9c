import Protocols

/// A live connection to a server of any kind.
protocol ServerConnection: AnyObject {
  /// Says NOOP where no answer is due; what the server tells meanwhile is kept. One that fails closes the
  /// connection.
  ///
  /// - Throws: `ClientError` where the connection is gone.
  func sayNoop() throws(ClientError)
}

extension IMAPConnection: ServerConnection {
  func sayNoop() throws(ClientError) {
    guard session.outstanding.isEmpty else { return }
    do throws(ClientError) {
      let tag = send(.noop)
      while true {
        let event = try nextUnqueued()
        if case .completed(let ended, _, _) = event, ended == tag { return }
        try keep(event)
      }
    } catch {
      stream.close()
      throw error
    }
  }
}

extension POP3Connection: ServerConnection {
  func sayNoop() throws(ClientError) {
    guard hasNothingDue else { return }
    do throws(ClientError) { try run(.noop, "NOOP") } catch {
      guard error.endsConnection else { return }
      close()
      throw error
    }
  }
}
