import Mail

/// Picks a few messages to stand for all of a mailbox: the first, the last and some between.
struct SampleUIDs {
  private static let size = 5

  /// Picks them.
  ///
  /// - Parameter uids: those of all messages, in any order.
  /// - Returns: at most five of them.
  func run(_ uids: some Collection<UID>) -> UIDSet {
    let sorted = uids.sorted()
    guard let last = sorted.indices.last else { return [] }
    return UIDSet((0..<Self.size).map { sorted[last * $0 / (Self.size - 1)] })
  }
}
