extension KeptConnection {
  /// Does what may be done again from its beginning, on a new connection whenever one is lost, and after
  /// a pause where the server asks for one.
  ///
  /// - Throws: what `body` throws, a lost connection only after some tries; what making one throws.
  package func persist<Result>(_ body: (Connection) throws -> Result) throws -> Result {
    var patience = Patience(retry)
    while true {
      let connection = try live()
      do {
        return try body(connection)
      } catch let error as ClientError where error.endsConnection {
        drop()
        guard error.isRetryable else { throw error }
        try wait(after: error, &patience)
      } catch let error as ClientError where error.asksForPatience {
        try wait(after: error, &patience)
      }
    }
  }

  /// Does what finds done what an earlier attempt did, on a new connection whenever one is lost, and after
  /// a pause where the server asks for one.
  ///
  /// - Parameters:
  ///   - body: one attempt.
  ///   - onFailure: called before each further attempt; where the connection was lost it decides whether
  ///     one makes sense, and throws if not.
  /// - Returns: what the last attempt returns.
  /// - Throws: what `body` and `onFailure` throw; what making a connection throws: a server that can't be
  ///   reached any more was tried often enough by then.
  package func resume<Result>(
    _ body: (Connection) throws -> Result, onFailure: (ClientError) throws -> Void
  ) throws -> Result {
    var patience = Patience(retry)
    while true {
      let connection = try live()
      do {
        return try body(connection)
      } catch let error as ClientError where error.endsConnection {
        drop(after: error)
        try onFailure(error)
      } catch let error as ClientError where error.asksForPatience {
        try onFailure(error)
        try wait(after: error, &patience)
      }
    }
  }
}
