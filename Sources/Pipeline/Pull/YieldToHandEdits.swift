import Journals
import Mail
import Platform
import Stores

/// What somebody did to a message in the archive stays, also where the source moves the message later:
/// the copy that came with the move is not a second one to keep.
struct YieldToHandEdits {
  let context: PullContext
  let index: ArchiveIndex

  /// How many messages are treated at once, as each time may cost a rewrite of their mbox: as many as
  /// are taken without a question for deleted by hand, if the run dies in between.
  private static let batch = Disappearance.largestQuiet

  /// The messages were deleted by hand: what came in their new mailboxes is deleted as well.
  ///
  /// - Throws: what the archive and the journals throw.
  func discard(_ arrivals: [Arrival]) throws {
    for (name, arrivals) in Dictionary(grouping: arrivals, by: \.mailbox).sorted(by: {
      $0.key < $1.key
    }) {
      for start in stride(from: 0, to: arrivals.count, by: Self.batch) {
        let batch = arrivals[start...].prefix(Self.batch)
        try takeAway(try newFiles(of: batch.map { ($0, nil) }))
        let journal = try journal(of: name)
        for arrival in batch { journal.append(.fate(arrival.message.uid, .deleted)) }
        try journal.flush()
      }
    }
  }

  /// The messages were moved by hand: they stay where they were moved to, and stand for those that
  /// came, so that flags go on following.
  ///
  /// - Parameters:
  ///   - adoptions: the messages and what came in their new mailboxes.
  ///   - home: where the messages were delivered to.
  /// - Throws: what the archive throws.
  func adopt(_ adoptions: [Adoption], from home: MailboxName) throws {
    let byMailbox = Dictionary(grouping: adoptions, by: \.file.mailbox)
    for (name, adoptions) in byMailbox.sorted(by: { $0.key < $1.key }) {
      for start in stride(from: 0, to: adoptions.count, by: Self.batch) {
        try adopt(adoptions[start...].prefix(Self.batch), in: name, from: home)
      }
    }
  }

  private func adopt(
    _ adoptions: ArraySlice<Adoption>, in name: MailboxName, from home: MailboxName
  ) throws {
    guard let mailbox = try context.archive.mailbox(name) else { return }
    var files = try newFiles(of: adoptions.map { ($0.arrival, $0.file) })
    // Two of one name would be in its way.
    try takeAway([name: files.removeValue(forKey: name) ?? []])
    let flags = try adoptions.map { adoption in
      Flags.merge(
        try context.movedFlags.flags(of: adoption.file, home: home),
        adoption.arrival.message.flags ?? Flags(), base: adoption.base)
    }
    var current = adoptions.map(\.file.message)
    // A run that was killed may have gone as far.
    let others = adoptions.indices.filter {
      adoptions[$0].file.message.origin != adoptions[$0].arrival.origin(in: context)
    }
    let orders = others.map {
      MoveOrder(adoptions[$0].file.message, origin: adoptions[$0].arrival.origin(in: context))
    }
    for (index, moved) in zip(others, try mailbox.move(orders, to: mailbox)) {
      current[index - adoptions.startIndex] = moved
    }
    _ = try mailbox.setFlags(zip(current, flags).map { FlagChange($0, $1) })
    try mailbox.flush()
    // Last: else what was killed in between would seem to have been deleted by hand.
    try takeAway(files)
  }

  /// The files of messages that came, but for those which stand for them already.
  private func newFiles(
    of arrivals: [(Arrival, adopted: LocatedMessage?)]
  ) throws(StoreError) -> [MailboxName: [StoredMessage]] {
    var files: [MailboxName: [StoredMessage]] = [:]
    for (arrival, adopted) in arrivals {
      let home = context.home(of: arrival.mailbox)
      guard let new = try index.file(of: arrival.origin(in: context), preferred: home),
        new.mailbox != adopted?.mailbox || new.message != adopted?.message
      else { continue }
      files[new.mailbox, default: []].append(new.message)
    }
    return files
  }

  private func takeAway(_ files: [MailboxName: [StoredMessage]]) throws {
    for (name, messages) in files.sorted(by: { $0.key < $1.key }) {
      guard !messages.isEmpty, let mailbox = try context.archive.mailbox(name) else { continue }
      Checkpoint.pass("hand edit kept: before the new copies are removed")
      try mailbox.remove(messages)
      try mailbox.flush()
      Checkpoint.pass("hand edit kept: the new copies are removed")
    }
  }

  private func journal(of mailbox: MailboxName) throws -> PullJournal {
    try PullJournal(
      in: context.directory, key: context.key(of: mailbox).hex, mailbox: mailbox, readOnly: false)
  }
}
