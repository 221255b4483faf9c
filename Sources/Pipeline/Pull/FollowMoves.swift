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
    var arrivals = try Arrivals(pulled, skipped: skipped, context)
    let index = try namedIndex(pulled)
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

  /// Where everything in the archive is, once messages that another program renamed have their names back.
  ///
  /// In mailboxes that the source still has, they were given them before.
  private func namedIndex(_ pulled: [PulledMailbox]) throws -> ArchiveIndex {
    let index = ArchiveIndex(context.archive)
    guard !context.options.dryRun else { return index }
    let names = NameAgain(archive: context.archive, index: index, dryRun: false)
    var hasNamed = false
    for mailbox in pulled where mailbox.isVanished && !mailbox.isClear {
      let key = context.key(of: mailbox.name)
      var files: [UID: LocatedMessage] = [:]
      for file in try index.messages(from: key) {
        if let origin = file.message.origin, origin.uidValidity == mailbox.uidValidity {
          files[origin.uid] = file
        }
      }
      let known = files.count
      try names.run(mailbox.gone + mailbox.kept, of: key, mailbox.uidValidity, &files)
      if files.count > known { hasNamed = true }
    }
    return hasNamed ? ArchiveIndex(context.archive) : index
  }

  /// What the mailbox held under the UIDVALIDITY before and has no longer: its name may be another
  /// mailbox's by now.
  private func settleFormer(
    _ mailbox: inout PulledMailbox, _ arrivals: inout Arrivals, _ index: ArchiveIndex
  ) throws {
    guard !mailbox.former.isEmpty else { return }
    var former = PulledMailbox(name: mailbox.name, report: mailbox.report)
    former.uidValidity = mailbox.formerValidity
    former.gone = mailbox.former
    former.isFormer = true
    let plan = try PlanMoves(
      context: context, index: index, isComplete: isComplete, handName: nil
    ).run(former, &arrivals)
    mailbox.report.moved += plan.moved
    mailbox.report.goneAtSource += former.gone.count - plan.moved
    guard !context.options.dryRun else { return }
    ask(plan, &mailbox)
    try carryOut(plan, of: former.name, index)
    guard !plan.isPending else {
      mailbox.state = nil
      return
    }
    let journal = try journal(of: mailbox.name)
    journal.append(.rematched)
    try journal.flush()
  }

  private func settle(
    _ mailbox: inout PulledMailbox, _ arrivals: inout Arrivals, _ index: ArchiveIndex
  ) throws {
    let names = KeepHandName(context: context, index: index)
    let renamed =
      context.options.dryRun
      ? nil : try names.run(mailbox, arrivals: arrivals.matches(of: mailbox.gone))
    let plan = try PlanMoves(
      context: context, index: index, isComplete: isComplete, handName: renamed?.handName
    ).run(mailbox, &arrivals)
    mailbox.report.moved += plan.moved
    mailbox.report.goneAtSource += mailbox.gone.count - plan.moved
    mailbox.nowGone = Set(plan.fates.lazy.filter { $0.fate == .gone }.map(\.uid))
    if context.options.dryRun {
      foretell(mailbox)
      return
    }
    ask(plan, &mailbox)
    try carryOut(plan, of: mailbox.name, index)
    // Before the messages are recorded as moved: then nothing would show what the mailbox is called.
    if let renamed { try names.finish(renamed, of: mailbox) }
    try record(plan.fates, of: mailbox.name)
    guard !plan.isPending else { return }
    if mailbox.isVanished, renamed == nil { try context.removeShell(of: mailbox.name) }
    guard var state = mailbox.state else { return }
    if mailbox.isVanished {
      let inode = try context.archive.identity(of: context.home(of: mailbox.name))
      state = RecordedState(state: state.state, outstanding: 0, archive: inode)
    }
    try context.states.record(state, for: context.key(of: mailbox.name).hex)
  }

  private func ask(_ plan: MovePlan, _ mailbox: inout PulledMailbox) {
    guard let question = plan.question else { return }
    mailbox.isSettled = false
    context.collector.add(
      Question(mailbox: mailbox.name, text: question.text, options: question.options))
  }

  private func foretell(_ mailbox: PulledMailbox) {
    guard mailbox.report.moved > 0 else { return }
    context.observer.planned(
      PlannedChange(action: .move, mailbox: mailbox.name, messages: mailbox.report.moved))
  }

  /// What is to stay is safe before anything is removed; what is removed is recorded afterwards.
  private func carryOut(_ plan: MovePlan, of name: MailboxName, _ index: ArchiveIndex) throws {
    let home = context.home(of: name)
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

  private func record(
    _ fates: [(uid: UID, fate: HeldMessage.Fate)], of name: MailboxName
  ) throws(JournalError) {
    guard !fates.isEmpty else { return }
    let journal = try journal(of: name)
    for (uid, fate) in fates { journal.append(.fate(uid, fate)) }
    try journal.flush()
  }

  private func journal(of name: MailboxName) throws(JournalError) -> PullJournal {
    try PullJournal(
      in: context.directory, key: context.key(of: name).hex, mailbox: name, readOnly: false)
  }
}
