import Journals
import Mail
import Platform
import Stores

/// Recognises a mailbox that was renamed at the source and had got another name in the archive by hand:
/// that name stays, and stands for the source's new one.
struct KeepHandName {
  let context: PullContext
  let index: ArchiveIndex

  /// A mailbox with both names.
  struct Renamed {
    /// What the archive calls it.
    let handName: MailboxName
    /// What the source calls it now.
    let sourceName: MailboxName
  }

  /// Looks at a mailbox that the source has no longer.
  ///
  /// - Parameters:
  ///   - vanished: the mailbox.
  ///   - arrivals: what came elsewhere with the content of its messages.
  /// - Returns: nil if it was not renamed at the source, or not in the archive. Else the archive's table
  ///   has the name that it got by hand, durably.
  /// - Throws: what the archive and the journals throw.
  func run(
    _ vanished: PulledMailbox, arrivals: [Arrival]
  ) throws -> Renamed? {
    guard vanished.isVanished, let first = arrivals.first,
      arrivals.allSatisfy({ $0.mailbox == first.mailbox }),
      try isNew(first.mailbox, vanished, matched: arrivals.count),
      var record = context.archive.table[vanished.name],
      let handName = try handName(of: record)
    else { return nil }
    let home = context.home(of: first.mailbox)
    guard home == first.mailbox, home != handName else { return nil }
    record.archiveName = handName
    context.archive.table.update(record)
    try context.archive.table.save()
    return Renamed(handName: handName, sourceName: first.mailbox)
  }

  /// Moves what else came into the mailbox under the source's new name to the one with the name in the
  /// archive, takes the first away if nothing is left in it, and records that its name goes with the other,
  /// durably.
  ///
  /// - Throws: what the archive throws.
  func finish(_ renamed: Renamed, of vanished: PulledMailbox) throws {
    let table = context.archive.table
    guard var record = table[renamed.sourceName] else { return }
    try moveFetched(renamed)
    _ = try context.archive.removeIfEmpty(renamed.sourceName)
    record.archiveName = renamed.handName
    table.update(record)
    table.remove(vanished.name)
    Checkpoint.pass("hand name kept: before the table is saved")
    try table.save()
  }

  private func moveFetched(_ renamed: Renamed) throws {
    guard let new = try context.archive.mailbox(renamed.sourceName),
      let kept = try context.archive.mailbox(renamed.handName)
    else { return }
    let key = context.key(of: renamed.sourceName)
    let fetched = try new.scan().filter { $0.origin?.mailboxKey == key }
    _ = try new.move(fetched.map { MoveOrder($0, origin: nil) }, to: kept)
  }

  /// Whether a mailbox has nothing from before the other one vanished, and took its place: by what the
  /// server says of both, or as there is nothing else in it.
  private func isNew(
    _ name: MailboxName, _ vanished: PulledMailbox, matched: Int
  ) throws -> Bool {
    let record = try PullJournal(
      in: context.directory, key: context.key(of: name).hex, mailbox: name, readOnly: true
    ).record
    guard record.messages.values.allSatisfy({ context.run.isRecent($0.run) }) else { return false }
    return record.uidValidity == vanished.uidValidity || record.messages.count == matched
  }

  /// The name that a mailbox got by hand, whether a run saw it before or not.
  private func handName(of record: MailboxRecord) throws(StoreError) -> MailboxName? {
    let home = try context.names.home(of: record.name, index)
    return home == record.name ? nil : home
  }
}
