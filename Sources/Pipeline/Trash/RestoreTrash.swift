package import Mail
package import Platform

import Journals
import Stores

/// Brings messages back from an archive's trash into the mailboxes that they were in.
///
/// They are recorded as restored, so that the next pull with `--prune` leaves them.
package struct RestoreTrash {
  let path: String
  let mailbox: MailboxName?
  let interruption: Interruption
  private let digester = DigestMessages()

  /// How many messages are dealt with at a time.
  private static let batch = 500

  /// Prepares it.
  ///
  /// - Parameters:
  ///   - path: the archive.
  ///   - mailbox: only messages that were in it come back; nil for all.
  ///   - interruption: ends it early.
  package init(path: String, mailbox: MailboxName?, interruption: Interruption) {
    self.path = path
    self.mailbox = mailbox
    self.interruption = interruption
  }

  /// Restores; what could not be is in the report.
  ///
  /// - Returns: what came back.
  /// - Throws: `Failure` where it is no archive, another run holds it, or it was interrupted.
  package func run() throws -> TrashReport {
    do { return try restore() } catch { throw Failure(error, scope: .run) }
  }

  private func restore() throws -> TrashReport {
    var report = TrashReport()
    let archive = try Archive.open(path: path, for: .writing)
    let runs = try Trash(of: archive).runs()
    report.wasEmpty = runs.isEmpty
    for run in runs {
      let tree: MailboxTree
      do {
        tree = try run.mailboxes()
      } catch {
        report.problems.append("\(error)")
        continue
      }
      report.problems += tree.unreadable
      for place in tree.mailboxes where mailbox == nil || mailbox == place.name {
        do {
          let box = try run.box(at: place)
          let messages = try box.scan()
          let restored = try restore(messages.filter(\.isOurs), from: box, archive) {
            report.problems.append("\(box.path(of: $0)): \($1)")
          }
          report.parts.append(.init(run, place.name, restored))
          for message in messages where !message.isOurs {
            report.problems.append(
              "\(box.path(of: message)): mailarc did not put it there, and leaves it there")
          }
        } catch let failure as Failure {
          throw failure
        } catch {
          report.problems.append("\(place.name): \(error)")
        }
      }
      try run.removeEmpty()
    }
    if let mailbox, !runs.isEmpty, report.parts.isEmpty, report.problems.isEmpty {
      report.problems.append("\(mailbox): nothing in the trash was in this mailbox")
    }
    report.parts.removeAll { $0.messages == 0 }
    return report
  }

  // What can't be read is told and stays in the trash; what came back is returned.
  private func restore(
    _ messages: [StoredMessage], from box: any Mailbox, _ archive: Archive,
    onUnreadable: (StoredMessage, any Error) -> Void
  ) throws -> [StoredMessage] {
    guard !messages.isEmpty else { return [] }
    try remember(box.name, messages, in: archive)
    let home = try archive.makeMailbox(try home(of: box.name, messages, in: archive))
    var restored: [StoredMessage] = []
    for start in stride(from: 0, to: messages.count, by: Self.batch) {
      try interruption.stopIfRaised()
      var batch = Array(messages[start...].prefix(Self.batch))
      do {
        _ = try home.take(batch, from: box)
      } catch {
        // Where all of them can be read, the fault is not theirs.
        let readable = readable(batch, in: box, onUnreadable)
        guard readable.count < batch.count else { throw error }
        batch = readable
        _ = try home.take(batch, from: box)
      }
      Checkpoint.pass("restore: before it is recorded")
      try record(batch, in: box, archive)
      Checkpoint.pass("restore: before the copies in the trash are removed")
      try box.remove(batch)
      try box.flush()
      restored += batch
    }
    return restored
  }

  private func readable(
    _ messages: [StoredMessage], in box: any Mailbox,
    _ onUnreadable: (StoredMessage, any Error) -> Void
  ) -> [StoredMessage] {
    messages.filter { message in
      do {
        _ = try digester.run(message, in: box)
        return true
      } catch {
        onUnreadable(message, error)
        return false
      }
    }
  }

  /// What the mailbox is called by now: made anew under its old name, it would take the place of the one
  /// that somebody renamed.
  private func home(
    of name: MailboxName, _ messages: [StoredMessage], in archive: Archive
  ) throws(StoreError) -> MailboxName {
    guard try archive.mailbox(name) == nil, let key = messages.first?.origin?.mailboxKey,
      let source = archive.table.records.first(where: {
        MailboxKey(account: archive.identity.account, mailbox: $0.name) == key
      })
    else { return name }
    if try archive.mailbox(source.archiveName) != nil { return source.archiveName }
    return try HandNames(of: archive).home(of: source.name, ArchiveIndex(archive)) ?? name
  }

  /// A mailbox that the source has no longer may be forgotten: it gets back its line in the archive's
  /// table, so that its messages have a place.
  private func remember(
    _ name: MailboxName, _ messages: [StoredMessage], in archive: Archive
  ) throws(StoreError) {
    let key = MailboxKey(account: archive.identity.account, mailbox: name)
    guard archive.table[name] == nil, messages.contains(where: { $0.origin?.mailboxKey == key })
    else { return }
    archive.table.update(
      MailboxRecord(
        name: name, archiveName: name, specialUses: [], isSubscribed: false, isSelectable: true))
    try archive.table.save()
  }

  private func record(
    _ messages: [StoredMessage], in box: any Mailbox, _ archive: Archive
  ) throws {
    guard try archive.state.contains("pull") else { return }
    let directory = try archive.state.openSubdirectory("pull")
    for (key, messages) in Dictionary(grouping: messages, by: \.origin?.mailboxKey) {
      guard let key, try directory.contains(key.hex + ".journal") else { continue }
      let name = archive.table.records.first {
        MailboxKey(account: archive.identity.account, mailbox: $0.name) == key
      }?.name
      let journal = try PullJournal(
        in: directory, key: key.hex, mailbox: name ?? box.name, readOnly: false)
      for message in messages { try record(message, in: box, journal) }
      try journal.flush()
    }
  }

  private func record(
    _ message: StoredMessage, in box: any Mailbox, _ journal: PullJournal
  ) throws {
    guard let origin = message.origin, origin.uidValidity == journal.record.uidValidity else {
      return
    }
    switch journal.record.messages[origin.uid]?.fate {
    case .gone, .trashed, .removed: journal.append(.fate(origin.uid, .restored))
    // The source has it, or had it when it was looked at last.
    case .held, .deleted, .moved, .restored: break
    case nil:
      let content = try digester.run(message, in: box)
      journal.append(
        .held(
          HeldMessage(
            uid: origin.uid, digest: content.digest, size: content.size,
            internalDate: try box.internalDate(of: message), headerKey: content.headerKey,
            flags: nil, fate: .restored, run: 0)))
    }
  }
}
