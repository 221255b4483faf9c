import Mail
import Stores
import Synchronization

/// Finds out what mailboxes of the source are called in the archive, after somebody renamed them there.
final class HandNames: Sendable {
  private let archive: Archive
  /// Held while the table is looked at and changed: mailboxes that were renamed with each other get their
  /// names together, whichever worker sees it first.
  private let lock = Mutex(())

  init(of archive: Archive) { self.archive = archive }

  /// Where the mail of a mailbox belongs of which no message is where they were delivered to.
  ///
  /// Mailboxes that have each other's names get them in the table as well.
  /// - Parameters:
  ///   - name: the mailbox of the source.
  ///   - index: finds its messages.
  /// - Returns: the mailbox that holds most of its messages, if the one they were delivered to is gone, or
  ///   is another one's by now; nil where it was not renamed.
  /// - Throws: `StoreError`, also where a part of the archive can't be read.
  func home(of name: MailboxName, _ index: ArchiveIndex) throws(StoreError) -> MailboxName? {
    try lock.withLock { _ throws(StoreError) in
      let places = try index.places()
      let records = archive.table.records
      let renamed = RenamedMailboxes(existing: places.existing).run(
        records.map { record in
          let key = MailboxKey(account: archive.identity.account, mailbox: record.name)
          return .init(
            name: record.name, home: record.archiveName, counts: places.counts[key] ?? [:])
        })
      for var record in records where places.existing.contains(record.archiveName) {
        guard let home = renamed[record.name] else { continue }
        record.archiveName = home
        archive.table.update(record)
      }
      // Another worker may have been the first to see it.
      let known = archive.table[name]?.archiveName
      return renamed[name] ?? known.flatMap { places.existing.contains($0) ? $0 : nil }
    }
  }
}

/// Tells by where the messages are which mailboxes were renamed, also with each other.
struct RenamedMailboxes {
  /// A mailbox of the source.
  struct Mailbox {
    let name: MailboxName
    /// The mailbox of the archive to which its mail is delivered.
    let home: MailboxName
    /// How many of its messages are in which mailbox of the archive.
    let counts: [MailboxName: Int]

    /// The mailbox that holds more than half of them.
    fileprivate var main: MailboxName? {
      let all = counts.values.reduce(0, +)
      return counts.first { $0.value * 2 > all }?.key
    }
  }

  /// The mailboxes that the archive has.
  let existing: Set<MailboxName>

  /// Decides for all together.
  ///
  /// Whoever moved all messages out of a mailbox, which is still there, did not rename it; but where another
  /// one's messages came in their place, its name was changed.
  /// - Returns: the new homes of those that were renamed. None is where another one's mail is delivered
  ///   that was not renamed itself.
  func run(_ mailboxes: [Mailbox]) -> [MailboxName: MailboxName] {
    let taken = Set(mailboxes.filter { $0.main != $0.home }.compactMap(\.main))
    var found: [MailboxName: MailboxName] = [:]
    var owners: [MailboxName: MailboxName] = [:]
    for mailbox in mailboxes.sorted(by: { $0.name < $1.name })
    where mailbox.counts[mailbox.home] == nil {
      guard let main = mailbox.main, owners[main] == nil,
        taken.contains(mailbox.home) || !existing.contains(mailbox.home)
      else { continue }
      found[mailbox.name] = main
      owners[main] = mailbox.name
    }
    // One that stays may keep another one from its place, and so on.
    while let blocked = mailboxes.first(where: { found[$0.name] == nil && owners[$0.home] != nil }),
      let name = owners.removeValue(forKey: blocked.home)
    {
      found[name] = nil
    }
    return found
  }
}
