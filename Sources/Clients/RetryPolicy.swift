/// How often, and after which pauses, what failed for a passing reason is tried again.
package struct RetryPolicy: Sendable {
  /// Seconds before each further try.
  package let pauses: [Double]
  /// Seconds until a worker looks again whether the server takes a further connection; twice as many
  /// each time, up to eight times as many.
  let placePause: Double
  /// Seconds between two NOOPs while nothing else is said.
  let keepAlive: Double
  /// Numbers from 0 to 1 by which pauses differ, so that not all come back at the same moment.
  let random: @Sendable () -> Double
  /// How many seconds a wait of so many takes; tests let time fly.
  let elapse: @Sendable (Double) -> Double

  /// A policy.
  ///
  /// - Parameters:
  ///   - pauses: seconds before each further try.
  ///   - placePause: seconds until it is looked again whether the server takes a further connection.
  ///   - keepAlive: seconds between two NOOPs while nothing else is said.
  ///   - random: gives numbers from 0 to 1.
  ///   - elapse: how many seconds a wait of so many seconds really takes.
  package init(
    pauses: [Double], placePause: Double = 30, keepAlive: Double = 60,
    random: @escaping @Sendable () -> Double = { .random(in: 0...1) },
    elapse: @escaping @Sendable (Double) -> Double = { $0 }
  ) {
    self.pauses = pauses
    self.placePause = placePause
    self.keepAlive = keepAlive
    self.random = random
    self.elapse = elapse
  }

  /// Seven further tries within about two minutes.
  package static let standard = RetryPolicy(pauses: [0.5, 2, 4, 8, 16, 30, 60])

  /// As long as this a server may ask us to stay away while the run waits for it, in seconds.
  package static let mostPause = 900.0

  /// After a login that came too soon for a server that does not say how long that is, in seconds.
  package static let loginDelay = 60.0

  /// A pause, a quarter longer or shorter.
  func varied(_ pause: Double) -> Double { pause * (0.75 + 0.5 * random()) }

  /// What a server asks for, or a little more.
  func atLeast(_ pause: Double) -> Double { pause * (1 + 0.1 * random()) }

  /// Seconds until the n-th look whether there is a place, counted from 0.
  func placePause(turn: Int) -> Double { varied(placePause * Double(1 << min(turn, 3))) }
}
