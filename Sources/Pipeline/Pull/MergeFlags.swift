import Journals
import Mail
import Stores

/// Brings flags that changed at the source into the archive: a three-way merge with what the source
/// had when they were last merged, so that a change made by hand in the archive stays.
struct MergeFlags {
  let archive: Archive
  let journal: PullJournal
  let files: [UID: LocatedMessage]
  /// The mailbox that the messages were delivered to.
  let home: MailboxName
  let moved: MovedFlags

  /// Merges, file names first, records after: a merge that is done twice changes nothing.
  ///
  /// - Returns: how many files changed.
  func run(_ changes: [UID: Flags]) throws -> Int {
    let byMailbox = try plan(changes)
    for (name, changes) in byMailbox {
      guard let mailbox = try archive.mailbox(name) else { continue }
      _ = try mailbox.setFlags(changes)
      try mailbox.flush()
    }
    for (uid, flags) in changes.sorted(by: { $0.key < $1.key }) {
      journal.append(.flags(uid, flags))
    }
    return byMailbox.values.reduce(0) { $0 + $1.count }
  }

  /// The files whose flags would change, by the mailbox they are in.
  func plan(_ changes: [UID: Flags]) throws(StoreError) -> [MailboxName: [FlagChange]] {
    var byMailbox: [MailboxName: [FlagChange]] = [:]
    for (uid, flags) in changes.sorted(by: { $0.key < $1.key }) {
      guard let file = files[uid] else { continue }
      let there = try moved.flags(of: file, home: home)
      let merged = Flags.merge(there, flags, base: journal.record.messages[uid]?.flags)
      if merged != there {
        byMailbox[file.mailbox, default: []].append(FlagChange(file.message, merged))
      }
    }
    return byMailbox
  }
}
