import Journals
import Mail

/// What of a message's flags has to be changed on the target: what was added in the archive and what was
/// taken away there since the target last took them.
struct FlagDifference: Hashable {
  let add: Flags
  let remove: Flags

  init(add: Flags, remove: Flags) {
    self.add = add
    self.remove = remove
  }

  /// Nil where there is nothing to change, or nobody who could be told.
  ///
  /// - Parameters:
  ///   - entry: stands for the message.
  ///   - wanted: the flags that it has in the archive.
  ///   - flags: which the target keeps.
  ///   - isMarked: whether mailarc itself marked the message as deleted; the mark goes where the message
  ///     is in the archive again.
  init?(_ entry: IndexEntry, _ wanted: Flags, _ flags: TargetFlags, isMarked: Bool) {
    guard entry.uid != nil, !entry.isGone, entry.origin != .collapsed else { return nil }
    // `\Deleted` that stands on the target is the target's own business unless it is pushed.
    var base = entry.flags
    var wanted = wanted
    if !flags.withDeleted {
      base.system.remove(.deleted)
      wanted.system.remove(.deleted)
    }
    if isMarked { base.system.insert(.deleted) }
    // What the target no longer offers to keep is not taken away from it for that.
    add = flags.kept(of: wanted).subtracting(base)
    remove = base.subtracting(wanted)
    if add.isEmpty, remove.isEmpty { return nil }
  }
}
