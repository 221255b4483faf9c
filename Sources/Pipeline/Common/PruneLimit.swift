/// How much of a mailbox `--prune` may remove without being asked.
package struct PruneLimit {
  /// Without `--prune-limit`: a tenth.
  package static let standard = 10

  /// Percent of the mailbox.
  ///
  /// It is not rounded up: where small mailboxes could each lose a message, a whole account of them could
  /// be emptied unasked.
  let percent: Int

  /// Compares with what is to be removed.
  ///
  /// - Parameters:
  ///   - count: how many messages are to be removed.
  ///   - all: how many there are.
  /// - Returns: the limit that would do; nil if this one does.
  func needed(toRemove count: Int, of all: Int) -> Int? {
    guard count * 100 > all * percent else { return nil }
    return min(100, (count * 100 + all - 1) / max(1, all))
  }
}
