import Glibc

/// A moment on the clock that never jumps; it says nothing about the time of day.
package struct MonotonicClock: Sendable, Hashable, Comparable {
  /// Nanoseconds since some moment before the process began.
  package let nanoseconds: Int64

  /// The present moment.
  package static var now: MonotonicClock {
    MonotonicClock(nanoseconds: read(CLOCK_MONOTONIC).nanoseconds)
  }

  /// Seconds from an earlier moment to this one.
  package func seconds(since earlier: MonotonicClock) -> Double {
    Double(nanoseconds - earlier.nanoseconds) / 1e9
  }

  /// Whether one moment is before another.
  package static func < (left: MonotonicClock, right: MonotonicClock) -> Bool {
    left.nanoseconds < right.nanoseconds
  }
}

/// The time of day as the system has it; it may jump.
package enum WallClock {
  /// Seconds since 1970 (UTC).
  package static var now: Int64 { read(CLOCK_REALTIME).seconds }

  /// Microseconds since 1970 (UTC).
  package static var microseconds: Int64 { read(CLOCK_REALTIME).nanoseconds / 1000 }

  /// When this machine was started, in seconds since 1970 (UTC).
  package static var boot: Int64 { now - read(CLOCK_BOOTTIME).seconds }
}

/// A moment until which something may last.
package struct Deadline: Sendable, Hashable {
  // On the monotonic clock, in nanoseconds; the largest number never comes.
  private let end: Int64

  /// No end.
  package static let never = Deadline(end: .max)

  /// So many seconds from now; 0 or less is over at once.
  package static func after(seconds: Double) -> Deadline {
    // A century and more is for ever, and would not fit.
    guard seconds < 4e9 else { return .never }
    return Deadline(end: MonotonicClock.now.nanoseconds + Int64(max(seconds, 0) * 1e9))
  }

  /// Whether the moment is here or past.
  package var isOver: Bool { end != .max && MonotonicClock.now.nanoseconds >= end }

  /// Milliseconds left, rounded up; 0 when it is over, nil when there is no end.
  package var remainingMilliseconds: Int64? {
    if end == .max { return nil }
    return max(0, (end - MonotonicClock.now.nanoseconds + 999_999) / 1_000_000)
  }

  /// The earlier of two deadlines.
  package static func earlier(_ one: Deadline, _ other: Deadline) -> Deadline {
    Deadline(end: min(one.end, other.end))
  }
}

private func read(_ clock: clockid_t) -> (seconds: Int64, nanoseconds: Int64) {
  var time = timespec()
  clock_gettime(clock, &time)
  return (Int64(time.tv_sec), Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
}
