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
}
