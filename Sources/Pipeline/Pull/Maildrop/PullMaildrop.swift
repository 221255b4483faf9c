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
    return try server.resume(attempt) { error in
      // What was changed in the archive, the common index does not know.
      index = ArchiveIndex(context.archive)
      if error.endsConnection { try fetch.judge(error) }
    }
  }

  private func attempt(_ connection: POP3Connection) throws -> PulledMailbox {
    let listing = try MaildropListing.read(connection)
    tellOnce(listing)
    if journal.record.uidValidity != .maildrop { journal.append(.validity(.maildrop)) }
    if journal.record.formerValidity != nil { isRematched = true }
    var pass = try identify(listing, connection)
    var plan = plan(pass)
    if let question = plan.question { return waiting(for: question) }
    if context.options.dryRun {
      announce(plan, pass)
    } else {
      try fetchNew(plan, &pass, connection)
      if !fetch.recognised.isEmpty {
        // What nobody could tell before it came.
        plan = self.plan(pass)
        if let question = plan.question { return waiting(for: question) }
      }
      journal.appendFates(of: plan)
      try journal.flush()
      report.deletedByHand = journal.record.messages.values.count { $0.fate == .deleted }
    }
    return try outcome(plan, pass)
  }

  /// What one attempt knows.
  private struct Pass {
    let listing: MaildropListing
    let former: FormerMessages
    let unbound: UnboundMessages
    /// The UID of each message, by number.
    var uids: [UInt32: UID]
    /// A UID that no message has.
    let nextUID: UID
    var located: LocateMessages.Result
  }

  /// Finds out which messages the archive has, and gives UIDs to the others.
  private func identify(
    _ listing: MaildropListing, _ connection: POP3Connection
  ) throws -> Pass {
    var identity = IdentifyMaildrop(record: journal.record).run(listing)
    try CheckNames(connection: connection, record: journal.record).run(&identity)
    let named = Array(identity.known.values)
    let locate = LocateHeld(
      context: context, mailbox: Self.mailbox, key: key, journal: journal, index: index)
    // Any of what is held may be among what the server calls otherwise by now.
    let present = UIDSet(identity.open.isEmpty ? named : Array(journal.record.messages.keys))
    var located = try server.during { try locate.run(home: &home, present: present) }
    let former = FormerMessages(context: context, key: key, journal: journal)
    let unbound = UnboundMessages(
      journal.record,
      former: journal.record.awaitsRematch ? try former.all(located.stale) : [],
      known: Set(named))
    let found = try RecogniseMaildrop(connection: connection, record: journal.record)
      .run(identity, listing, unbound)
    var fresh = AllotUIDs(journal.record, located.files.keys)
    var renamed: [(former: FormerMessages.Former, uid: UID)] = []
    for number in identity.open {
      let message = found[number]
      let held = message.flatMap { $0.former == nil ? $0.held.uid : nil }
      let uid = held ?? fresh.next()
      identity.known[number] = uid
      if let former = message?.former { renamed.append((former, uid)) }
      if let entry = listing.messages[number] { journal.append(.maildrop(uid, entry)) }
    }
    located.files.merge(try former.keep(renamed)) { old, _ in old }
    try journal.flush()
    return Pass(
      listing: listing, former: former, unbound: unbound, uids: identity.known,
      nextUID: fresh.next(), located: located)
  }

  private func plan(_ pass: Pass) -> PullPlan {
    var plan = PlanPull(
      record: journal.record,
      listing: SourceListing(present: UIDSet(pass.uids.values), flags: [:]),
      inArchive: Set(pass.located.files.keys).union(fetch.delivered),
      isSameDirectory: known.map { $0.archive == pass.located.inode } ?? true,
      acceptDeletions: context.options.acceptDeletions,
      refetchDeleted: context.options.refetchDeleted
    ).run()
    plan.toFetch = plan.toFetch.subtracting(UIDSet(fetch.givenUp))
    report.alreadyPresent = max(0, plan.alreadyPresent - fetch.delivered.count)
    return plan
  }

  private func waiting(for question: String) -> PulledMailbox {
    context.waiting(for: question, Self.mailbox, report, isWhole: isWhole, known)
  }

  private func fetchNew(
    _ plan: PullPlan, _ pass: inout Pass, _ connection: POP3Connection
  ) throws {
    let wanted = pass.uids.filter { plan.toFetch.contains($0.value) }
    guard known == nil || !wanted.isEmpty else { return }
    let store = try context.archive.makeMailbox(home)
    defer {
      report.transferred = fetch.messages
      report.transferredBytes = fetch.bytes
    }
    do {
      try fetch.run(wanted, pass.listing, pass.unbound, into: store, connection)
    } catch let error as ClientError {
      try settle(&pass)
      throw error
    }
    try settle(&pass)
  }

  /// Records of what came and was held already that it is this.
  private func settle(_ pass: inout Pass) throws {
    var renamed: [(former: FormerMessages.Former, uid: UID)] = []
    for (number, uid) in pass.uids.sorted(by: { $0.key < $1.key }) {
      guard let message = fetch.recognised[uid], let entry = pass.listing.messages[number] else {
        continue
      }
      if let former = message.former {
        renamed.append((former, uid))
        continue
      }
      pass.uids[number] = message.held.uid
      journal.append(.maildrop(message.held.uid, entry))
      journal.append(.forgotten(uid))
    }
    pass.located.files.merge(try pass.former.keep(renamed)) { old, _ in old }
    try journal.flush()
  }

  private var isWhole: Bool { journal.record.failed.isEmpty }

  private func outcome(_ plan: PullPlan, _ pass: Pass) throws -> PulledMailbox {
    let record = journal.record
    var pulled = PulledMailbox(name: Self.mailbox, report: report)
    pulled.uidValidity = .maildrop
    pulled.isWhole = isWhole
    pulled.isRematched = isRematched
    pulled.gone = plan.gone.compactMap { record.messages[$0] }
    pulled.located = Set(plan.gone.filter { pass.located.files[$0] != nil })
    if record.awaitsRematch {
      pulled.former = pass.former.rest(of: pass.unbound.formerLeft)
      pulled.formerValidity = record.formerValidity
      if pulled.former.isEmpty {
        journal.append(.rematched)
        try journal.flush()
      }
    }
    pulled.arrivals = record.arrivals(in: context.run)
    pulled.state = RecordedState(
      state: MailboxState(
        uidValidity: .maildrop, uidNext: pass.nextUID.value,
        messages: UInt32(pass.listing.messages.count),
        highestModSeq: ModificationSequence(0)),
      outstanding: record.failed.count, archive: try context.archive.identity(of: home))
    return pulled
  }

  private func announce(_ plan: PullPlan, _ pass: Pass) {
    report.transferred = plan.toFetch.count
    report.deletedByHand = plan.deletedByHand.count
    guard report.transferred > 0 else { return }
    let octets = pass.uids.reduce(into: UInt64(0)) { sum, one in
      guard plan.toFetch.contains(one.value) else { return }
      sum = sum.addingReportingOverflow(pass.listing.messages[one.key]?.octets ?? 0).partialValue
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
