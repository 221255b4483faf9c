import Mail

/// Whether a server takes internal dates from before 1970, as far as it was seen in one mailbox: some
/// refuse them in words that say nothing, or break off.
///
/// Confined to one worker.
final class EarlyDates {
  private var probe: ContentDigest?
  private var areRefused = false
  private let hasArrived: (ContentDigest) -> Bool
  private let onRefused: () -> Void

  /// - Parameters:
  ///   - hasArrived: whether a message is on the target by now.
  ///   - onRefused: is told once, when it is known.
  init(hasArrived: @escaping (ContentDigest) -> Bool, onRefused: @escaping () -> Void) {
    self.hasArrived = hasArrived
    self.onRefused = onRefused
  }

  /// A message with such a date was refused, and is sent again without it.
  func sendsWithout(_ digest: ContentDigest) {
    if probe == nil { probe = digest }
  }

  /// Whether the date is to be left out: once a message got through without its own.
  func omits(_ date: InternalDate) -> Bool {
    guard date.isEarly else { return false }
    if !areRefused, let probe, hasArrived(probe) {
      areRefused = true
      onRefused()
    }
    return areRefused
  }
}

extension InternalDate {
  /// Whether it lies before the beginning of Unix time.
  var isEarly: Bool { epochSeconds < 0 }
}
