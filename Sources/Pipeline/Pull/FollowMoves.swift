import Journals
import Mail
import Platform
import Stores

/// Looks for where the messages went that are gone from a mailbox of the source: one with the same
/// content that came into another mailbox since the last run that ended. Such a message is moved in
/// the archive too; what is gone altogether is kept, and recorded as gone.
///
/// Runs when all mailboxes were looked at, on one thread.
struct FollowMoves {
  let context: PullContext

  private struct Arrival {
    let mailbox: MailboxName
    let message: HeldMessage
  }

  /// Moves and records.
  ///
  /// - Returns: the mailboxes with the counts of what was moved and what is gone, their state recorded.
  func run(_ pulled: [PulledMailbox]) throws -> [PulledMailbox] {
    guard pulled.contains(where: { !$0.gone.isEmpty }) else { return pulled }
    var arrivals: [ContentDigest: [Arrival]] = [:]
    for mailbox in pulled.reversed() {
      for message in mailbox.arrivals.sorted(by: { $0.uid > $1.uid }) {
        arrivals[message.digest, default: []].append(
          Arrival(mailbox: mailbox.name, message: message))
      }
    }
    let index = ArchiveIndex(context.archive)
    return try pulled.map { mailbox in
      guard !mailbox.gone.isEmpty else { return mailbox }
      var mailbox = mailbox
      try settle(&mailbox, &arrivals, index)
      return mailbox
    }
  }

  private func settle(
    _ mailbox: inout PulledMailbox, _ arrivals: inout [ContentDigest: [Arrival]],
    _ index: ArchiveIndex
  ) throws {
    let key = context.key(of: mailbox.name)
    let journal = try PullJournal(
      in: context.directory, key: key.hex, mailbox: mailbox.name,
      readOnly: context.options.dryRun)
    for gone in mailbox.gone {
      let uid = gone.message.uid
      let place = arrivals[gone.message.digest]?.lastIndex { $0.mailbox != mailbox.name }
      if gone.message.fate == .held, let place,
        let arrival = arrivals[gone.message.digest]?.remove(at: place),
        try context.options.dryRun || move(gone.message, from: mailbox.name, to: arrival, index)
      {
        journal.append(.fate(uid, .moved))
        mailbox.report.moved += 1
      } else {
        journal.append(.fate(uid, .gone))
        mailbox.report.goneAtSource += 1
      }
      try journal.flush()
    }
    if let state = mailbox.state { try context.states.record(state, for: key.hex) }
  }

  /// Takes the old file away, its content being in the new place already; flags that were changed by
  /// hand go along. False if it is not what was fetched, or not where it was delivered: then it is
  /// the user's, and stays.
  private func move(
    _ message: HeldMessage, from source: MailboxName, to arrival: Arrival, _ index: ArchiveIndex
  ) throws -> Bool {
    let home = context.archive.table[source]?.archiveName ?? source
    guard let old = try locate(message, of: source, index), old.mailbox == home,
      let new = try locate(arrival.message, of: arrival.mailbox, index),
      let oldMailbox = try context.archive.mailbox(old.mailbox),
      let newMailbox = try context.archive.mailbox(new.mailbox),
      try DigestMessages().run(old.message, in: oldMailbox).digest == message.digest
    else { return false }
    let flags = Flags.merge(old.message.flags, new.message.flags, base: message.flags)
    if flags != new.message.flags {
      _ = try newMailbox.setFlags(flags, of: new.message)
      try newMailbox.flushDirectories()
    }
    Checkpoint.pass("move followed: before the old file is removed")
    try oldMailbox.remove(old.message)
    try oldMailbox.flushDirectories()
    Checkpoint.pass("move followed: before it is recorded")
    return true
  }

  private func locate(
    _ message: HeldMessage, of source: MailboxName, _ index: ArchiveIndex
  ) throws -> LocatedMessage? {
    try index.messages(from: context.key(of: source)).first {
      $0.message.origin?.uid == message.uid
    }
  }
}
