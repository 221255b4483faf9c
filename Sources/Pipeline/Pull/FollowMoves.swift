import Journals
import Mail
import Platform
import Stores

/// Looks for where the messages went that are gone from a mailbox of the source: one with the same
/// content that came into another mailbox since the last run that ended.
///
/// Such a message is moved in the archive too; what is gone altogether is kept, and recorded as gone.
/// Runs when all mailboxes were looked at, on one thread.
struct FollowMoves {
  let context: PullContext
  /// Whether all mailboxes were pulled: else a message may have gone to one that was not.
  let isComplete: Bool

  /// A message that is new in a mailbox.
  struct Arrival {
    let mailbox: MailboxName
    let uidValidity: UIDValidity
    let message: HeldMessage

    func origin(in context: PullContext) -> MessageOrigin {
      MessageOrigin(
        uidValidity: uidValidity, uid: message.uid, mailboxKey: context.key(of: mailbox))
    }
  }

  /// A message that was moved by hand, and its copy where the source moved it.
  struct Adoption {
    let file: LocatedMessage
    /// The flags that the source had when they were merged last.
    let base: Flags?
    let arrival: Arrival
  }

  /// By what a message is known in another mailbox.
  ///
  /// A dry run downloads no contents: there header key and size have to do.
  private enum Content: Hashable {
    case digest(ContentDigest)
    case key(MatchMessages.KeyAndSize)
  }

  private func content(of message: HeldMessage) -> Content {
    context.options.dryRun
      ? .key(.init(message.headerKey, message.size)) : .digest(message.digest)
  }

  /// What is done for the messages gone from one mailbox.
  private struct Plan {
    var fates: [(uid: UID, fate: HeldMessage.Fate)] = []
    var removals: [LocatedMessage] = []
    /// New copies of messages that were deleted by hand.
    var discards: [Arrival] = []
    /// Messages that were moved by hand.
    var adoptions: [Adoption] = []
    var flags: [MailboxName: [FlagChange]] = [:]
    var isPending = false
  }

  /// Moves and records.
  ///
  /// - Parameters:
  ///   - pulled: the mailboxes that were looked at, and those that the source has no longer.
  ///   - skipped: the mailboxes that were seen to be unchanged.
  /// - Returns: those of `pulled` with the counts of what was moved and what is gone, their state
  ///   recorded. One in which something failed is left out, and looked at again by the next run.
  /// - Throws: what the archive and the journals throw.
  func run(_ pulled: [PulledMailbox], skipped: [MailboxName]) throws -> [PulledMailbox] {
    guard !pulled.allSatisfy(\.isClear) else { return pulled }
    var arrivals = try arrivals(pulled, skipped)
    let index = ArchiveIndex(context.archive)
    return try pulled.compactMap { mailbox in
      guard !mailbox.isClear else { return mailbox }
      var mailbox = mailbox
      do {
        try settleFormer(&mailbox, &arrivals, index)
        try settle(&mailbox, &arrivals, index)
        return mailbox
      } catch {
        let failure = Failure(error, scope: .mailbox)
        guard failure.scope == .mailbox else { throw failure }
        context.collector.add(MailboxFailure(mailbox: mailbox.name, failure: failure))
        return nil
      }
    }
  }

  /// What came since the last run that ended, by content, the first ones last.
  ///
  /// If the run before was killed, what it brought into mailboxes that are unchanged now counts too.
  private func arrivals(
    _ pulled: [PulledMailbox], _ skipped: [MailboxName]
  ) throws -> [Content: [Arrival]] {
    var all = pulled.map { ($0.name, $0.uidValidity, $0.arrivals) }
    if context.run.resumes {
      for name in skipped {
        let journal = try PullJournal(
          in: context.directory, key: context.key(of: name).hex, mailbox: name, readOnly: true)
        let record = journal.record
        all.append((name, record.uidValidity, record.arrivals(in: context.run)))
      }
    }
    var found: [Content: [Arrival]] = [:]
    for (name, validity, messages) in all.sorted(by: { $0.0 > $1.0 }) {
      guard let validity else { continue }
      for message in messages.sorted(by: { $0.uid > $1.uid }) {
        found[content(of: message), default: []].append(
          Arrival(mailbox: name, uidValidity: validity, message: message))
      }
    }
    return found
  }

  /// What the mailbox held under the UIDVALIDITY before and has no longer: its name may be another
  /// mailbox's by now.
  private func settleFormer(
    _ mailbox: inout PulledMailbox, _ arrivals: inout [Content: [Arrival]], _ index: ArchiveIndex
  ) throws {
    guard !mailbox.former.isEmpty else { return }
    var former = PulledMailbox(name: mailbox.name, report: mailbox.report)
    former.uidValidity = mailbox.formerValidity
    former.gone = mailbox.former
    let plan = try plan(former, &arrivals, index, keeping: nil)
    let moved = plan.fates.count { $0.fate == .moved }
    mailbox.report.moved += moved
    mailbox.report.goneAtSource += former.gone.count - moved
    guard !context.options.dryRun else { return }
    try carryOut(plan, of: former.name, index)
    guard !plan.isPending else {
      mailbox.state = nil
      return
    }
    let journal = try PullJournal(
      in: context.directory, key: context.key(of: mailbox.name).hex, mailbox: mailbox.name,
      readOnly: false)
    journal.append(.rematched)
    try journal.flush()
  }

  private func settle(
    _ mailbox: inout PulledMailbox, _ arrivals: inout [Content: [Arrival]],
    _ index: ArchiveIndex
  ) throws {
    let names = KeepHandName(context: context, index: index)
    var renamed: KeepHandName.Renamed?
    if !context.options.dryRun {
      renamed = try names.run(mailbox, arrivals: matches(of: mailbox, in: arrivals))
    }
    let plan = try plan(mailbox, &arrivals, index, keeping: renamed?.handName)
    mailbox.report.moved += plan.fates.count { $0.fate == .moved }
    mailbox.report.goneAtSource += mailbox.gone.count - plan.fates.count { $0.fate == .moved }
    if context.options.dryRun {
      foretell(mailbox)
      return
    }
    try carryOut(plan, of: mailbox.name, index)
    // Before the messages are recorded as moved: then nothing would show what the mailbox is called.
    if let renamed { try names.finish(renamed, of: mailbox) }
    let key = context.key(of: mailbox.name).hex
    if !plan.fates.isEmpty {
      let journal = try PullJournal(
        in: context.directory, key: key, mailbox: mailbox.name, readOnly: false)
      for (uid, fate) in plan.fates { journal.append(.fate(uid, fate)) }
      try journal.flush()
    }
    guard !plan.isPending else { return }
    if mailbox.isVanished, renamed == nil { try removeShell(of: mailbox.name) }
    if let state = mailbox.state { try context.states.record(state, for: key) }
  }

  private func foretell(_ mailbox: PulledMailbox) {
    guard mailbox.report.moved > 0 else { return }
    context.observer.planned(
      PlannedChange(action: .move, mailbox: mailbox.name, messages: mailbox.report.moved))
  }

  private func plan(
    _ mailbox: PulledMailbox, _ arrivals: inout [Content: [Arrival]], _ index: ArchiveIndex,
    keeping handName: MailboxName?
  ) throws -> Plan {
    var plan = Plan()
    for message in mailbox.gone {
      let content = content(of: message)
      let place = place(of: message, of: mailbox, in: arrivals[content])
      if message.fate == .deleted, let place,
        let arrival = arrivals[content]?.remove(at: place)
      {
        plan.discards.append(arrival)
        plan.fates.append((message.uid, .moved))
      } else if message.fate == .held, let place,
        let arrival = arrivals[content]?.remove(at: place)
      {
        let isMoved = try add(message, of: mailbox, arrival, index, handName, to: &plan)
        plan.fates.append((message.uid, isMoved ? .moved : .gone))
      } else if isComplete {
        plan.fates.append((message.uid, .gone))
      } else {
        plan.isPending = true
      }
    }
    return plan
  }

  /// The last arrival that may be a message which is gone.
  private func place(
    of message: HeldMessage, of mailbox: PulledMailbox, in arrivals: [Arrival]?
  ) -> Int? {
    // What came in the same run as the one that is gone was there beside it: a copy, which stays
    // alone, and no reason to take the other away. The same mailbox counts, too: a message may have
    // been moved out and back.
    arrivals?.lastIndex { $0.message.run > message.run }
  }

  private func matches(
    of mailbox: PulledMailbox, in arrivals: [Content: [Arrival]]
  ) -> [Arrival] {
    mailbox.gone.compactMap { message in
      let found = arrivals[content(of: message)]
      return place(of: message, of: mailbox, in: found).flatMap { found?[$0] }
    }
  }

  /// Plans to take the old file away, its content being in the new place already; flags that were
  /// changed by hand go along.
  ///
  /// A file that was moved by hand, or whose mailbox was renamed so, stays where it is, and the new copy
  /// goes.
  ///
  /// - Returns: false if the file is not what was fetched: then it is the user's, and stays. True also
  ///   if it is nowhere: a run that was killed took it away, or made it the file of the new message.
  private func add(
    _ message: HeldMessage, of source: PulledMailbox, _ arrival: Arrival, _ index: ArchiveIndex,
    _ handName: MailboxName?, to plan: inout Plan
  ) throws -> Bool {
    guard let validity = source.uidValidity else { return false }
    let old = try file(message.uid, validity, of: source.name, index)
    if context.options.dryRun { return true }
    guard let file = old else {
      let adopted = try index.file(
        of: arrival.origin(in: context), outside: home(of: arrival.mailbox))
      if let adopted, try isContent(of: message, adopted) {
        plan.adoptions.append(Adoption(file: adopted, base: message.flags, arrival: arrival))
      } else if adopted == nil, try isDeletedByHand(in: source.name, others: plan.discards.count) {
        plan.discards.append(arrival)
      }
      return true
    }
    guard
      let new = try self.file(
        arrival.message.uid, arrival.uidValidity, of: arrival.mailbox, index),
      try isContent(of: message, file)
    else { return false }
    guard file.mailbox == home(of: source.name), file.mailbox != handName else {
      plan.adoptions.append(Adoption(file: file, base: message.flags, arrival: arrival))
      return true
    }
    plan.removals.append(file)
    let flags = Flags.merge(file.message.flags, new.message.flags, base: message.flags)
    if flags != new.message.flags {
      plan.flags[new.mailbox, default: []].append(FlagChange(new.message, flags))
    }
    return true
  }

  /// Whether a file that is nowhere was deleted by hand in a mailbox that no run looked at since: not if a
  /// run that was killed may have taken it away, nor where so much is missing that it is a question.
  private func isDeletedByHand(in name: MailboxName, others: Int) throws -> Bool {
    guard !context.run.resumes, others < Disappearance.largestQuiet,
      let known = context.states[context.key(of: name).hex]?.archive, !known.isEmpty
    else { return false }
    return try context.archive.identity(of: home(of: name)) == known
  }

  private func isContent(of message: HeldMessage, _ file: LocatedMessage) throws -> Bool {
    guard let mailbox = try context.archive.mailbox(file.mailbox) else { return false }
    return try DigestMessages().run(file.message, in: mailbox).digest == message.digest
  }

  private func file(
    _ uid: UID, _ validity: UIDValidity, of mailbox: MailboxName, _ index: ArchiveIndex
  ) throws(StoreError) -> LocatedMessage? {
    try index.file(
      of: MessageOrigin(uidValidity: validity, uid: uid, mailboxKey: context.key(of: mailbox)),
      preferred: home(of: mailbox))
  }

  /// What is to stay is safe before anything is removed; what is removed is recorded afterwards.
  private func carryOut(_ plan: Plan, of name: MailboxName, _ index: ArchiveIndex) throws {
    let home = home(of: name)
    let hand = YieldToHandEdits(context: context, index: index)
    try hand.discard(plan.discards)
    try hand.adopt(plan.adoptions, from: home)
    for (name, changes) in plan.flags.sorted(by: { $0.key < $1.key }) {
      guard let mailbox = try context.archive.mailbox(name) else { continue }
      _ = try mailbox.setFlags(changes)
      try mailbox.flush()
    }
    guard !plan.removals.isEmpty, let mailbox = try context.archive.mailbox(home) else { return }
    try mailbox.remove(plan.removals.map(\.message))
    try mailbox.flush()
  }

  /// Takes away the directory of a mailbox that the source has no longer, if nothing is in it.
  private func removeShell(of name: MailboxName) throws {
    let home = home(of: name)
    let isShared = context.archive.table.records.contains {
      $0.name != name && $0.archiveName == home
    }
    if !isShared, try context.archive.removeIfEmpty(home) { context.archive.table.remove(name) }
  }

  private func home(of name: MailboxName) -> MailboxName {
    context.archive.table[name]?.archiveName ?? name
  }
}
