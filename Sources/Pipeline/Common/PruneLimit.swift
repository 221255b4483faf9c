/// How much of a mailbox `--prune` may remove without being asked.
package struct PruneLimit {
  /// Without `--prune-limit`: a tenth.
  package static let standard = 10

  /// Percent of the mailbox, rounded up to whole messages: one may always go.
  let percent: Int

  /// Compares with what is to be removed.
  ///
  /// - Parameters:
  ///   - count: how many messages are to be removed.
  ///   - all: how many there are.
  /// - Returns: the limit that would do; nil if this one does.
  func needed(toRemove count: Int, of all: Int) -> Int? {
    guard count > (all * percent + 99) / 100 else { return nil }
    return (count - 1) * 100 / all + 1
  }
}
