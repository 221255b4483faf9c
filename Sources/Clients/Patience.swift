import Platform

/// How often something may still be tried again, and after which pauses.
package struct Patience {
  /// After so many seconds of work a server that asks for a pause counts as asked for the first time.
  private static let longWork = 60.0

  private let all: [Double]
  private var left: ArraySlice<Double>
  private var since = MonotonicClock.now

  /// As often as a policy has it.
  package init(_ policy: RetryPolicy) {
    all = policy.pauses
    left = all[...]
  }

  /// The next pause; nil where it was tried often enough.
  ///
  /// - Parameter isAsked: whether the server asks for one, and does not just break the connection, which
  ///   the same work may do each time.
  /// - Returns: how many seconds.
  mutating func next(isAsked: Bool) -> Double? {
    if isAsked, MonotonicClock.now.seconds(since: since) > Self.longWork { left = all[...] }
    return left.popFirst()
  }

  /// The pause is over.
  mutating func begin() { since = .now }
}
