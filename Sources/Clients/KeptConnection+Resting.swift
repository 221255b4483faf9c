package import Platform

extension KeptConnection {
  /// Does work that leaves the connection alone, however long it takes: the server hears a NOOP from time
  /// to time.
  ///
  /// A connection that dies meanwhile is made anew when it is needed.
  /// - Parameter work: what uses neither this nor the connection.
  /// - Returns: what `work` returns.
  /// - Throws: what `work` throws.
  package func during<Result, Failure: Error>(
    _ work: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard lend() else { return try work() }
    defer { takeBack() }
    return try work()
  }

  /// Keeps the connection until somebody needs it again; gives it back where another worker of the run
  /// waits for a place.
  ///
  /// - Parameter ended: raised when the others are done.
  package func rest(until ended: Interruption) {
    guard isConnected, let bell = try? Interruption(within: ended) else { return }
    guard budget.rest(bell) else { return logout() }
    defer { budget.forget(bell) }
    let isCalled = during {
      do throws(PollError) {
        _ = try Poller.wait(descriptor: -1, for: .read, until: .never, interruption: bell)
      } catch {
        return error == .interrupted
      }
      return false
    }
    if isCalled, !ended.isInterrupted { logout() }
  }
}
