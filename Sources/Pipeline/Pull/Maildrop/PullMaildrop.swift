import Clients
import Journals
import Mail
import Stores

/// Pulls what a POP3 server has, leaving it there, into the mailbox of the archive that is INBOX.
///
/// It alone knows the order of the stages; each attempt goes through all of them, and what an earlier one
/// did is found done. Confined to one worker.
final class PullMaildrop {
  private static let mailbox = MailboxName.inbox

  private let context: PullContext
  private let server: MaildropConnection
  private let key: MailboxKey
  private let journal: PullJournal
  private let known: RecordedState?
  private let fetch: FetchMaildrop
  private var home: MailboxName
  private var report = MailboxReport(name: mailbox)
  private var index: ArchiveIndex
  private var isRematched = false
  /// Messages of before that came in this run and are held already.
  private var recognised = 0
  private var hasTold = false

  init(
    context: PullContext, server: MaildropConnection
  ) throws(JournalError) {
    self.context = context
    self.server = server
    key = context.key(of: Self.mailbox)
    journal = try PullJournal(
      in: context.directory, key: key.hex, mailbox: Self.mailbox,
      readOnly: context.options.dryRun)
    known = context.states[key.hex]
    fetch = FetchMaildrop(context: context, mailbox: Self.mailbox, key: key, journal: journal)
    home = context.home(of: Self.mailbox)
    index = context.index
  }

  /// Does all that can be done.
  ///
  /// - Throws: what ends the pull.
  func run() throws -> PulledMailbox {
    context.tellDamage(of: journal, Self.mailbox)
    while true {
      // A server that can't be reached any more was tried often enough by then.
      let connection = try server.live()
      do {
        return try attempt(connection)
      } catch let error as ClientError where error.endsConnection {
        server.drop()
        // What was changed in the archive, the common index does not know.
        index = ArchiveIndex(context.archive)
        try fetch.judge(error)
      }
    }
  }

  private func attempt(_ connection: POP3Connection) throws -> PulledMailbox {
    let listing = try MaildropListing.read(connection)
    tellOnce(listing)
    if journal.record.uidValidity != .maildrop { journal.append(.validity(.maildrop)) }
    if journal.record.formerValidity != nil { isRematched = true }
    var uids = IdentifyMaildrop(record: journal.record).run(listing)
    var located = try LocateHeld(
      context: context, mailbox: Self.mailbox, key: key, journal: journal, index: index
    ).run(home: &home, present: UIDSet(uids.known.values))
    // What a run that was killed had brought is known by now.
    let former = FormerMessages(context: context, key: key, journal: journal)
    let unbound = UnboundMessages(
      journal.record,
      former: journal.record.awaitsRematch ? try former.all(located.stale) : [],
      known: Set(uids.known.values))
    let found = try RecogniseMaildrop(connection: connection, record: journal.record)
      .run(uids, listing, unbound)
    var fresh = AllotUIDs(journal.record, located.files.keys)
    for number in uids.open {
      uids.known[number] =
        found[number].flatMap { $0.former == nil ? $0.held.uid : nil }
        ?? fresh.next()
    }
    for number in uids.open {
      guard let uid = uids.known[number], let message = listing.messages[number] else { continue }
      journal.append(.maildrop(uid, message))
    }
    let renamed = found.compactMap { number, message in
      message.former.flatMap { former in uids.known[number].map { (former: former, uid: $0) } }
    }
    located.files.merge(try former.keep(renamed)) { old, _ in old }
    try journal.flush()
    var plan = PlanPull(
      record: journal.record,
      listing: SourceListing(present: UIDSet(uids.known.values), flags: [:]),
      inArchive: Set(located.files.keys),
      isSameDirectory: known.map { $0.archive == located.inode } ?? true,
      acceptDeletions: context.options.acceptDeletions,
      refetchDeleted: context.options.refetchDeleted
    ).run()
    plan.toFetch = plan.toFetch.subtracting(UIDSet(fetch.givenUp))
    report.alreadyPresent = plan.alreadyPresent + recognised
    if let question = plan.question {
      return context.waiting(for: question, Self.mailbox, report, isWhole: isWhole, known)
    }
    if context.options.dryRun {
      announce(plan, listing, uids.known)
    } else {
      try carryOut(&plan, uids.known, listing, unbound, former, connection)
    }
    return try outcome(plan, located, unbound, former, listing, next: fresh.next())
  }

  private func carryOut(
    _ plan: inout PullPlan, _ uids: [UInt32: UID], _ listing: MaildropListing,
    _ unbound: UnboundMessages, _ former: FormerMessages, _ connection: POP3Connection
  ) throws {
    journal.appendFates(of: plan)
    try journal.flush()
    let wanted = uids.filter { plan.toFetch.contains($0.value) }
    if known == nil || !wanted.isEmpty {
      let store = try context.archive.makeMailbox(home)
      // Also when the connection is lost: else it is downloaded to be compared once more.
      defer { report.transferred = fetch.messages }
      do {
        try fetch.run(wanted, listing, unbound, into: store, connection)
      } catch let error as ClientError {
        try settle(&plan, uids, listing, former)
        throw error
      }
      try settle(&plan, uids, listing, former)
    }
    report.transferredBytes = fetch.bytes
    report.alreadyPresent = plan.alreadyPresent + recognised
    report.deletedByHand = journal.record.messages.values.count { $0.fate == .deleted }
  }

  /// Records of what came and was held already that it is this.
  private func settle(
    _ plan: inout PullPlan, _ uids: [UInt32: UID], _ listing: MaildropListing,
    _ former: FormerMessages
  ) throws {
    guard !fetch.recognised.isEmpty else { return }
    var renamed: [(former: FormerMessages.Former, uid: UID)] = []
    var bound: Set<UID> = []
    for (number, uid) in uids.sorted(by: { $0.key < $1.key }) {
      guard let message = fetch.recognised[uid], let entry = listing.messages[number] else {
        continue
      }
      recognised += 1
      if let former = message.former {
        renamed.append((former, uid))
        continue
      }
      bound.insert(message.held.uid)
      journal.append(.maildrop(message.held.uid, entry))
      journal.append(.forgotten(uid))
      if message.held.fate.isOnlyInArchive { journal.append(.fate(message.held.uid, .held)) }
    }
    _ = try former.keep(renamed)
    try journal.flush()
    plan.gone.removeAll { bound.contains($0) }
  }

  private var isWhole: Bool { journal.record.failed.isEmpty }

  private func outcome(
    _ plan: PullPlan, _ located: LocateMessages.Result, _ unbound: UnboundMessages,
    _ former: FormerMessages, _ listing: MaildropListing, next: UID
  ) throws -> PulledMailbox {
    let record = journal.record
    var pulled = PulledMailbox(name: Self.mailbox, report: report)
    pulled.uidValidity = .maildrop
    pulled.isWhole = isWhole
    pulled.isRematched = isRematched
    pulled.gone = plan.gone.compactMap { record.messages[$0] }
    pulled.located = Set(plan.gone.filter { located.files[$0] != nil })
    if record.awaitsRematch {
      pulled.former = former.rest(of: unbound.formerLeft)
      pulled.formerValidity = record.formerValidity
      if pulled.former.isEmpty {
        journal.append(.rematched)
        try journal.flush()
      }
    }
    pulled.arrivals = record.arrivals(in: context.run)
    pulled.state = RecordedState(
      state: MailboxState(
        uidValidity: .maildrop, uidNext: next.value, messages: UInt32(listing.messages.count),
        highestModSeq: ModificationSequence(0)),
      outstanding: record.failed.count, archive: try context.archive.identity(of: home))
    return pulled
  }

  private func announce(
    _ plan: PullPlan, _ listing: MaildropListing, _ uids: [UInt32: UID]
  ) {
    report.transferred = plan.toFetch.count
    report.deletedByHand = plan.deletedByHand.count
    guard report.transferred > 0 else { return }
    let octets = uids.reduce(into: UInt64(0)) { sum, one in
      guard plan.toFetch.contains(one.value) else { return }
      sum = sum.addingReportingOverflow(listing.messages[one.key]?.octets ?? 0).partialValue
    }
    context.observer.planned(
      PlannedChange(
        action: .transfer, mailbox: Self.mailbox, messages: report.transferred,
        bytes: Int64(clamping: octets)))
  }

  /// What the user should know of a source that is reached over POP3.
  private func tellOnce(_ listing: MaildropListing) {
    guard !hasTold else { return }
    hasTold = true
    if !listing.hasUIDLs, !listing.messages.isEmpty, known != nil {
      context.collector.add(
        Notice(
          kind: .other, mailbox: Self.mailbox,
          text: "the server does not say which message is which: they are told by their headers "
            + "and sizes, and what is in doubt is downloaded and compared"))
    }
  }

  /// Where the internal dates of what was fetched come from.
  var dates: String? { fetch.dates }
}

/// Gives UIDs to messages of a maildrop, none twice.
private struct AllotUIDs {
  private var last: UInt32

  init(_ record: PullRecord, _ located: some Sequence<UID>) {
    let used = [record.messages.keys.max(), record.failed.keys.max(), record.maildrop.keys.max()]
    last = (used + [located.max()]).compactMap { $0?.value }.max() ?? 0
  }

  mutating func next() -> UID {
    last &+= 1
    guard let uid = UID(last) else { return next() }
    return uid
  }
}
