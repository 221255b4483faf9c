import Glibc
import Pipeline
import Platform

/// What a stop by a signal looks like to the user.
enum Interrupted {
  /// The failure that belongs to the signal that arrived; SIGINT's if none is known.
  static var failure: Failure {
    let isTermination = SignalWatcher.receivedSignal == SIGTERM
    return Failure(
      scope: .run, cause: isTermination ? .terminated : .interrupted,
      summary: isTermination ? "stopped by SIGTERM" : "stopped by SIGINT",
      advice: "Run the same command again to go on from here.", retryable: false)
  }

  /// Runs a step that a signal may end and that begins anew the next time, and names the signal then.
  ///
  /// - Throws: what the step throws; the signal's failure if it was interrupted.
  static func told<Value: Sendable>(
    _ step: @Sendable () async throws -> Value
  ) async throws -> Value {
    do {
      return try await step()
    } catch let stopped as Failure where stopped.cause == .interrupted {
      var failure = Self.failure
      failure.advice = nil
      throw failure
    }
  }
}
