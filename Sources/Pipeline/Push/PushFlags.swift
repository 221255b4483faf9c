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
  /// Called with flags that the server refused to store, for how many messages, and its words.
  let onRefused: (Flags, Int, String) -> Void

  /// Stores, then records.
  ///
  /// - Parameter pairs: flags in the archive, by the entry that stands for the message.
  /// - Returns: how many messages changed.
  /// - Throws: `ClientError` where the connection is gone, `JournalError`.
  func run(_ pairs: [Int: Flags]) throws -> Int {
    var changes: [FlagDifference: [IndexEntry]] = [:]
    for (number, wanted) in pairs {
      guard let entry = journal.record.entries[number],
        let change = FlagDifference(
          entry, wanted, flags, isMarked: journal.record.removing.contains(number))
      else { continue }
      changes[change, default: []].append(entry)
    }
    guard !dryRun else { return changes.values.reduce(0) { $0 + $1.count } }
    var changed = 0
    for (change, entries) in changes { changed += try store(change, entries) }
    return changed
  }

  /// Stores one change for all its messages; the server may refuse a keyword and take the rest.
  private func store(_ change: FlagDifference, _ entries: [IndexEntry]) throws -> Int {
    do {
      try send(change, entries)
    } catch ClientError.refused(_, _, let text) {
      let system = FlagDifference(
        add: Flags(change.add.system), remove: Flags(change.remove.system))
      guard change != system, !system.add.isEmpty || !system.remove.isEmpty else {
        onRefused(change.add.union(change.remove), entries.count, text.text)
        return 0
      }
      let keywords = change.add.keywords.union(change.remove.keywords)
      onRefused(Flags([], keywords: keywords), entries.count, text.text)
      return try store(system, entries)
    }
    for entry in entries {
      let accepted = entry.flags.union(change.add).subtracting(change.remove)
      journal.append(.flags(entry: entry.number, accepted))
    }
    try journal.flush()
    return entries.count
  }

  private func send(_ change: FlagDifference, _ entries: [IndexEntry]) throws {
    for chunk in UIDSet(entries.compactMap(\.uid)).chunks(ofAtMost: 1000, ranges: 100) {
      for (action, names) in [(StoreAction.add, change.add), (.remove, change.remove)]
      where !names.isEmpty {
        try connection.run(
          .uidStore(.set(chunk), action, names, unchangedSince: nil, silent: true), "STORE")
      }
    }
  }
}
