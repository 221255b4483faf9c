import Clients
import Journals
import Mail
import Platform
import Protocols
import Stores

/// Pulls one mailbox of the source, over as many connections as that takes.
///
/// It alone knows the order of the stages within a mailbox; each attempt goes through all of them,
/// and what an earlier one did is found done. Confined to one worker.
final class PullMailbox {
  private let context: PullContext
  private let source: ServerMailbox
  private let server: AccountConnection
  private let key: MailboxKey
  private let journal: PullJournal
  private let known: RecordedState?
  private let fetch: FetchPlanned
  private var home: MailboxName
  private var report: MailboxReport
  /// Messages of the UIDVALIDITY before that are not in the mailbox any more.
  private var rest: [HeldMessage] = []
  private var index: ArchiveIndex
  private var hasToldUnlisted = false
  private var isRematched = false

  init(
    context: PullContext, source: ServerMailbox, server: AccountConnection
  ) throws(JournalError) {
    self.context = context
    self.source = source
    self.server = server
    key = context.key(of: source.name)
    journal = try PullJournal(
      in: context.directory, key: key.hex, mailbox: source.name,
      readOnly: context.options.dryRun)
    known = context.states[key.hex]
    fetch = FetchPlanned(context: context, mailbox: source.name, key: key, journal: journal)
    home = context.home(of: source.name)
    report = MailboxReport(name: source.name)
    index = context.index
  }

  /// Does all that can be done.
  ///
  /// - Throws: what ends the mailbox, or more than that.
  func run() throws -> PulledMailbox {
    context.tellDamage(of: journal, source.name)
    return try server.resume(attempt) { error in
      // What was changed in the archive, the common index does not know.
      index = ArchiveIndex(context.archive)
      if error.endsConnection { try fetch.judge(error) }
    }
  }

  private func attempt(_ connection: IMAPConnection) throws -> PulledMailbox {
    let observation = try ObserveSource(
      connection: connection, mailbox: source.raw, known: trusted, knownPresent: knownPresent
    ).run()
    tellUnlisted(observation)
    let located = try locate(observation, connection)
    var plan = PlanPull(
      record: journal.record, listing: observation.listing,
      inArchive: Set(located.files.keys),
      isSameDirectory: known.map { $0.archive == located.inode } ?? true,
      acceptDeletions: context.options.acceptDeletions,
      refetchDeleted: context.options.refetchDeleted
    ).run()
    // What was given up in this run is not asked for again in it.
    plan.toFetch = plan.toFetch.subtracting(fetch.givenUp)
    report.alreadyPresent = plan.alreadyPresent
    if let question = plan.question { return waiting(for: question, observation) }
    if context.options.dryRun {
      try announce(plan, located)
      var pulled = outcome(observation, plan, located, outstanding: 0, inode: located.inode)
      pulled.arrivals += try foretellArrivals(plan.toFetch, connection)
      return pulled
    }
    return try carryOut(plan, located, observation, connection)
  }

  /// The last state, if what the journal says can be built upon: where records are lost, only a
  /// complete listing will do; so where the flags of a message were never told.
  private var trusted: RecordedState? {
    guard journal.damage == .none, known?.state.isAbsent != true else { return nil }
    let lacksFlags = journal.record.messages.values.contains { $0.fate == .held && $0.flags == nil }
    return lacksFlags ? nil : known
  }

  /// What the source had when it was last looked at, as far as it is known.
  private var knownPresent: UIDSet {
    let held = journal.record.messages.values.lazy.filter {
      $0.fate == .held || $0.fate == .deleted
    }
    return UIDSet(held.map(\.uid)).union(UIDSet(journal.record.failed.keys))
  }

  /// Finds out which of the source's messages the archive has, and records what the journal lacks.
  private func locate(
    _ observation: ObserveSource.Observation, _ connection: IMAPConnection
  ) throws -> LocateMessages.Result {
    let validity = observation.state.uidValidity
    let present = observation.listing.present
    if journal.record.uidValidity != validity { journal.append(.validity(validity)) }
    let restart = AcceptRestart(context: context, key: key, journal: journal, known: known)
    let isRestarted = try server.during { try restart.run(observation, index) }
    if isRestarted { index = ArchiveIndex(context.archive) }
    if journal.record.formerValidity != nil { isRematched = true }
    let locate = LocateHeld(
      context: context, mailbox: source.name, key: key, journal: journal, index: index)
    var located = try server.during {
      try locate.run(home: &home, present: present, isRestarted: isRestarted)
    }
    if journal.record.awaitsRematch {
      let found = try RematchMessages(
        context: context, connection: connection, key: key, journal: journal
      ).run(located.stale, present: present)
      located.files.merge(found.files) { old, _ in old }
      rest = found.rest
      // Else when it is known where the rest went.
      if rest.isEmpty { journal.append(.rematched) }
    }
    try journal.flush()
    return located
  }

  private func carryOut(
    _ plan: PullPlan, _ located: LocateMessages.Result,
    _ observation: ObserveSource.Observation, _ connection: IMAPConnection
  ) throws -> PulledMailbox {
    journal.appendFates(of: plan)
    report.flagsUpdated += try server.during { try mergeFlags(located).run(plan.flagChanges) }
    try journal.flush()
    // A mailbox that somebody deleted comes back only with mail in it.
    let mailbox =
      known == nil || !plan.toFetch.isEmpty
      ? try context.archive.makeMailbox(home) : try context.archive.mailbox(home)
    if let mailbox {
      try fetch.run(
        plan.toFetch, flags: observation.listing.flags, into: mailbox,
        observation.state.uidValidity, connection)
    }
    report.transferred = fetch.messages
    report.transferredBytes = fetch.bytes
    report.deletedByHand = journal.record.messages.values.count { $0.fate == .deleted }
    return outcome(
      observation, plan, located, outstanding: outstanding(observation),
      inode: try mailbox?.identity() ?? "")
  }
}

// What a mailbox leaves to be told and done.
extension PullMailbox {
  /// What keeps the mailbox from being passed over in the next run.
  private func outstanding(_ observation: ObserveSource.Observation) -> Int {
    let messages = journal.record.messages.values
    return journal.record.failed.count + observation.shared.count + observation.unlisted
      + messages.count { $0.fate == .held && $0.flags == nil }
  }

  /// Names the messages that can't be asked for, once however often the connection is lost.
  private func tellUnlisted(_ observation: ObserveSource.Observation) {
    guard !hasToldUnlisted else { return }
    hasToldUnlisted = true
    func tell(_ uid: UID?, _ reason: String) {
      context.collector.add(
        MessageFailure(
          mailbox: source.name, uid: uid, file: nil, reason: reason,
          advice: "The server's index of this mailbox is damaged: ask its operator to repair it."))
    }
    for uid in observation.shared {
      tell(uid, "the server gives one UID to several messages, of which one can be had")
    }
    guard observation.unlisted > 0 else { return }
    tell(
      nil,
      "the server counts \(observation.state.messages) messages and does not list "
        + "\(observation.unlisted) of them")
  }

  /// Nothing is done before the user decides; until then the mailbox counts as it was left before.
  private func waiting(
    for question: String, _ observation: ObserveSource.Observation
  ) -> PulledMailbox {
    context.waiting(
      for: question, source.name, report, isWhole: isWhole(observation), known)
  }

  private func mergeFlags(_ located: LocateMessages.Result) -> MergeFlags {
    MergeFlags(
      archive: context.archive, journal: journal, files: located.files, home: located.home,
      moved: context.movedFlags)
  }

  private func announce(_ plan: PullPlan, _ located: LocateMessages.Result) throws {
    if located.inode.isEmpty, known == nil || !plan.toFetch.isEmpty {
      context.observer.planned(PlannedChange(action: .createMailbox, mailbox: source.name))
    }
    let merges = try mergeFlags(located).plan(plan.flagChanges).values
      .reduce(0) { $0 + $1.count }
    let changes: [(PlannedChange.Action, Int)] = [
      (.transfer, plan.toFetch.count), (.updateFlags, merges),
    ]
    for (action, count) in changes where count > 0 {
      context.observer.planned(
        PlannedChange(action: action, mailbox: source.name, messages: count))
    }
    report.transferred = plan.toFetch.count
    report.flagsUpdated = merges
    report.deletedByHand = plan.deletedByHand.count
  }

  /// The messages that a dry run leaves at the source, as far as they are known without their content.
  private func foretellArrivals(
    _ uids: UIDSet, _ connection: IMAPConnection
  ) throws -> [HeldMessage] {
    // In a first run nothing can have moved.
    guard context.run.current > 1, !uids.isEmpty else { return [] }
    let unknown = SHA256.digest(of: [UInt8]().span)
    return try ListCandidates(connection: connection).run(uids).map { candidate in
      HeldMessage(
        uid: candidate.message.uid, digest: unknown, size: candidate.message.size,
        internalDate: InternalDate(epochSeconds: 0), headerKey: candidate.message.headerKey,
        flags: nil, fate: .held, run: context.run.current)
    }
  }

  /// Whether the source gives all messages that it counts.
  private func isWhole(_ observation: ObserveSource.Observation) -> Bool {
    journal.record.failed.isEmpty && observation.shared.isEmpty && observation.unlisted == 0
  }

  private func outcome(
    _ observation: ObserveSource.Observation, _ plan: PullPlan, _ located: LocateMessages.Result,
    outstanding: Int, inode: String
  ) -> PulledMailbox {
    let messages = journal.record.messages
    var pulled = PulledMailbox(name: source.name, report: report)
    pulled.uidValidity = observation.state.uidValidity
    pulled.isWhole = isWhole(observation)
    pulled.gone = plan.gone.compactMap { messages[$0] }
    pulled.located = Set(plan.gone.filter { located.files[$0] != nil })
    pulled.former = rest
    pulled.formerValidity = journal.record.formerValidity
    pulled.isRematched = isRematched
    pulled.arrivals = journal.record.arrivals(in: context.run)
    pulled.state = RecordedState(
      state: observation.state, outstanding: outstanding, archive: inode)
    return pulled
  }
}

extension PullRecord {
  /// The messages that are new since the last run that ended.
  func arrivals(in run: RunNumbers) -> [HeldMessage] {
    messages.values.filter { run.isRecent($0.run) && $0.fate == .held }
  }
}
