import Clients
import Journals
import Mail
import Protocols

/// Brings flags that changed in the archive to the target: what was added and what was taken away
/// since the target last took them, never the whole set, so that what was set there stays.
struct PushFlags {
  let connection: IMAPConnection
  let journal: PushJournal
  let flags: TargetFlags
  let dryRun: Bool

  private struct Change: Hashable {
    let add: Flags
    let remove: Flags
  }

  /// Stores, then records.
  ///
  /// - Parameter pairs: flags in the archive, by the entry that stands for the message.
  /// - Returns: how many messages changed.
  func run(_ pairs: [Int: Flags]) throws -> Int {
    var changes: [Change: [IndexEntry]] = [:]
    for (number, wanted) in pairs {
      guard let entry = journal.record.entries[number], entry.uid != nil, !entry.isGone,
        entry.origin != .collapsed
      else { continue }
      let kept = flags.kept(of: wanted)
      // `\Deleted` that stands on the target is the target's own business unless it is pushed.
      var base = entry.flags
      if !flags.withDeleted { base.system.remove(.deleted) }
      let change = Change(add: kept.subtracting(base), remove: base.subtracting(kept))
      guard !change.add.isEmpty || !change.remove.isEmpty else { continue }
      changes[change, default: []].append(entry)
    }
    if !dryRun {
      for (change, entries) in changes { try store(change, entries) }
    }
    return changes.values.reduce(0) { $0 + $1.count }
  }

  private func store(_ change: Change, _ entries: [IndexEntry]) throws {
    for chunk in UIDSet(entries.compactMap(\.uid)).chunks(ofAtMost: 1000, ranges: 100) {
      for (action, names) in [(StoreAction.add, change.add), (.remove, change.remove)]
      where !names.isEmpty {
        try connection.run(
          .uidStore(.set(chunk), action, names, unchangedSince: nil, silent: true), "STORE")
      }
    }
    for entry in entries {
      let accepted = entry.flags.union(change.add).subtracting(change.remove)
      journal.append(.flags(entry: entry.number, accepted))
    }
    try journal.flush()
  }
}
