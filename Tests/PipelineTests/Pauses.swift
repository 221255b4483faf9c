import Clients
import Synchronization

/// Takes note of the pauses of a run, which last a moment only.
final class Pauses: Sendable {
  private let noted = Mutex<[Double]>([])

  /// How long the pauses were to be, in order.
  var seconds: [Double] { noted.withLock { $0 } }

  /// A policy whose pauses are those of the server, or three quarters of these.
  ///
  /// - Parameters:
  ///   - pauses: before each further try.
  ///   - waitsForPlace: whether nothing but a place that is given back ends the wait for one.
  /// - Returns: the policy.
  func policy(_ pauses: [Double] = [1, 2, 3], waitsForPlace: Bool = true) -> RetryPolicy {
    RetryPolicy(
      pauses: pauses, placePause: waitsForPlace ? 1e6 : 10, random: { 0 },
      elapse: { [self] seconds in
        noted.withLock { $0.append(seconds) }
        return seconds >= 1e5 ? 20 : 0.001
      })
  }
}
