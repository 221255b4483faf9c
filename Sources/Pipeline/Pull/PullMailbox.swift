import Clients
import Journals
import Mail
import Platform
import Protocols
import Stores
import Transport

/// Pulls one mailbox of the source, resuming after lost connections. Confined to one worker.
final class PullMailbox {
  private let context: PullContext
  private let source: ServerMailbox
  private let server: AccountConnection
  private let key: MailboxKey
  private let journal: PullJournal
  private let known: RecordedState?
  private var home: MailboxName
  private var report: MailboxReport
  private var window = FetchWindow()
  private var fetchProgress = (messages: 0, bytes: Int64(0))
  private var receivedSinceDrop = false

  init(
    context: PullContext, source: ServerMailbox, server: AccountConnection
  ) throws(JournalError) {
    self.context = context
    self.source = source
    self.server = server
    key = context.key(of: source.name)
    known = context.states[key.hex]
    journal = try PullJournal(
      in: context.directory, key: key.hex, mailbox: source.name,
      readOnly: context.options.dryRun)
    home = context.archive.table[source.name]?.archiveName ?? source.name
    report = MailboxReport(name: source.name)
  }

  /// Does all that can be done, over as many connections as that takes.
  func run() throws -> PulledMailbox {
    if case .lost(let records) = journal.damage {
      context.collector.add(
        Notice(
          kind: .other, mailbox: source.name,
          text: "\(records) records of the journal were damaged; what they said is found out anew"))
    }
    while true {
      do {
        return try attempt()
      } catch let error as ClientError where error.endsConnection {
        server.drop()
        guard error.isRetryable || error.isLostStream else { throw error }
        try judgeDrop(error)
      }
    }
  }

  private var remaining: UIDSet = []

  private func judgeDrop(_ error: ClientError) throws {
    let verdict = window.dropped(at: remaining.first, progressed: receivedSinceDrop)
    receivedSinceDrop = false
    switch verdict {
    case .tryAgain:
      drops += 1
      guard drops <= Self.mostDrops else { throw error }
    case .giveUp(let uid):
      try fail(uid, "the connection drops whenever the server is asked for it")
    case .hopeless: throw error
    }
  }

  /// Drops in a row that brought no message, nor told which one is to blame.
  private var drops = 0
  private static let mostDrops = 10

  private func attempt() throws -> PulledMailbox {
    let connection = try server.live()
    let observation = try ObserveSource(
      connection: connection, mailbox: source.raw, known: known, knownPresent: knownPresent
    ).run()
    let validity = observation.state.uidValidity
    let old = journal.record
    if old.uidValidity != validity { journal.append(.validity(validity)) }
    var located = try LocateMessages(
      archive: context.archive, index: context.index, key: key
    ).run(home: home, record: journal.record, uidValidity: validity)
    rename(to: located.home)
    if !context.options.dryRun {
      try adopt(&located, validity: validity)
      try rematch(
        &located, connection: connection, validity: validity, old: old,
        present: observation.listing.present)
    }
    var plan = PlanPull(
      record: journal.record, listing: observation.listing,
      inArchive: Set(located.files.keys),
      isSameDirectory: known.map { $0.archive == located.inode } ?? true,
      acceptDeletions: context.options.acceptDeletions,
      refetchDeleted: context.options.refetchDeleted
    ).run()
    // What was given up in this run is not asked for again in it.
    plan.toFetch = plan.toFetch.subtracting(givenUp)
    report.alreadyPresent = plan.alreadyPresent
    if let question = plan.question {
      ask(question)
      return outcome(observation.state, plan, outstanding: 1, inode: located.inode)
    }
    if context.options.dryRun {
      announce(plan)
      return outcome(observation.state, plan, outstanding: 0, inode: located.inode)
    }
    return try carryOut(plan, located, observation.state, connection)
  }

  private func carryOut(
    _ plan: PullPlan, _ located: LocateMessages.Result, _ state: MailboxState,
    _ connection: IMAPConnection
  ) throws -> PulledMailbox {
    let mailbox = try context.archive.makeMailbox(home)
    for uid in plan.deletedByHand { journal.append(.fate(uid, .deleted)) }
    for uid in plan.returned { journal.append(.fate(uid, .held)) }
    for uid in plan.forgotten { journal.append(.forgotten(uid)) }
    report.deletedByHand = journal.record.messages.values.count { $0.fate == .deleted }
    report.flagsUpdated += try MergeFlags(
      archive: context.archive, journal: journal, files: located.files
    ).run(plan.flagChanges)
    try journal.flush()
    try fetch(plan.toFetch, into: mailbox, state.uidValidity, connection)
    return outcome(
      state, plan, outstanding: journal.record.failed.count, inode: try mailbox.identity())
  }

  // MARK: Fetching

  private func fetch(
    _ uids: UIDSet, into mailbox: MaildirMailbox, _ validity: UIDValidity,
    _ connection: IMAPConnection
  ) throws {
    remaining = uids
    guard !uids.isEmpty else { return }
    let sink = DeliverMessages(
      mailbox: mailbox, key: key, uidValidity: validity, journal: journal,
      run: context.run.current)
    context.observer.mailboxBegan(
      source.name, messages: report.transferred + uids.count, bytes: 0)
    defer {
      report.transferred += sink.delivered
      report.transferredBytes += sink.deliveredBytes
      remaining = remaining.subtracting(sink.received)
    }
    let stage = FetchMessages(connection: connection, sink: sink) { _ in
      self.receivedSinceDrop = true
      self.drops = 0
      self.context.observer.progress(
        self.source.name, messagesDone: self.report.transferred + sink.progress.messages,
        bytesDone: self.report.transferredBytes + sink.progress.bytes)
    }
    do {
      let first = try stage.run(uids, window: &window)
      for uid in first.leftOut.uids { try askAlone(uid, stage, first.refusal) }
    } catch let error as ClientError {
      // What came whole stays, whatever became of the connection.
      sink.abandon()
      try sink.commit()
      throw error
    }
    sink.abandon()
    try sink.commit()
  }

  /// Asks once more for a message that a FETCH left out, to tell one that is gone from one that the
  /// server can't give.
  private func askAlone(_ uid: UID, _ stage: FetchMessages, _ refusal: String?) throws {
    var alone = FetchWindow()
    let again = try stage.run([uid], window: &alone)
    guard again.leftOut.contains(uid) else { return }
    var size: UInt64?
    var exists = false
    try stage.connection.fetch(.set([uid]), [.uid, .size]) { event in
      if case .fetch(let response) = event, response.uid == uid {
        exists = true
        size = response.size
      }
    }
    guard exists else { return }
    if size == 0 {
      try stage.sink.begin()
      try stage.sink.finish(uid, flags: Flags(), date: InternalDate(epochSeconds: WallClock.now))
      return
    }
    let words = again.refusal ?? refusal
    try fail(uid, "the server lists it but gives no content" + (words.map { ": \($0)" } ?? ""))
  }

  private var givenUp: UIDSet = []

  private func fail(_ uid: UID, _ reason: String) throws {
    givenUp.insert(uid)
    journal.append(.failed(uid, reason: reason))
    try journal.flush()
    context.collector.add(
      MessageFailure(
        mailbox: source.name, uid: uid, file: nil, reason: reason,
        advice: "It is tried again in the next run."))
  }

  // MARK: What the archive already has

  /// Messages whose files are there though the journal does not know them: it was lost, or a run was
  /// killed between file and journal.
  private func adopt(_ located: inout LocateMessages.Result, validity: UIDValidity) throws {
    let digester = DigestMessages()
    for (uid, file) in located.files.sorted(by: { $0.key < $1.key })
    where journal.record.messages[uid] == nil {
      guard let mailbox = try context.archive.mailbox(file.mailbox) else { continue }
      let content = try digester.run(file.message, in: mailbox)
      journal.append(
        .held(
          HeldMessage(
            uid: uid, digest: content.digest, size: content.size,
            internalDate: try mailbox.internalDate(of: file.message),
            headerKey: content.headerKey, flags: nil, fate: .held, run: context.run.current)))
    }
    try journal.flush()
  }

  /// Messages that were fetched under another UIDVALIDITY are recognised and keep their files.
  private func rematch(
    _ located: inout LocateMessages.Result, connection: IMAPConnection, validity: UIDValidity,
    old: PullRecord, present: UIDSet
  ) throws {
    guard !located.stale.isEmpty, let mailbox = try context.archive.mailbox(home) else { return }
    let found = try RematchMessages(
      connection: connection, mailbox: mailbox, old: old
    ).run(located.stale, present: present.subtracting(UIDSet(journal.record.messages.keys)))
    for match in found {
      let origin = MessageOrigin(uidValidity: validity, uid: match.uid, mailboxKey: key)
      let file = try mailbox.move(match.file, to: mailbox, origin: origin)
      located.files[match.uid] = LocatedMessage(message: file, mailbox: home)
      journal.append(
        .held(
          HeldMessage(
            uid: match.uid, digest: match.content.digest, size: match.content.size,
            internalDate: try mailbox.internalDate(of: file),
            headerKey: match.content.headerKey, flags: match.flags, fate: .held,
            run: context.run.current)))
    }
    try journal.flush()
  }

  /// The user renamed the mailbox in the archive: the source's new mail follows.
  private func rename(to name: MailboxName) {
    guard name != home else { return }
    home = name
    guard var record = context.archive.table[source.name] else { return }
    record.archiveName = name
    context.archive.table.update(record)
  }

  /// What the source had when it was last looked at, as far as it is known.
  private var knownPresent: UIDSet {
    let held = journal.record.messages.values.lazy.filter {
      $0.fate == .held || $0.fate == .deleted
    }
    return UIDSet(held.map(\.uid)).union(UIDSet(journal.record.failed.keys))
  }

  // MARK: Reporting

  private func ask(_ text: String) {
    context.collector.add(
      Question(
        mailbox: source.name, text: text,
        options: ["--accept-deletions", "--refetch-deleted"]))
  }

  private func announce(_ plan: PullPlan) {
    let changes: [(PlannedChange.Action, Int)] = [
      (.transfer, plan.toFetch.count), (.updateFlags, plan.flagChanges.count),
    ]
    for (action, count) in changes where count > 0 {
      context.observer.planned(
        PlannedChange(action: action, mailbox: source.name, messages: count))
    }
    report.transferred = plan.toFetch.count
    report.flagsUpdated = plan.flagChanges.count
    report.deletedByHand = plan.deletedByHand.count
  }

  private func outcome(
    _ state: MailboxState, _ plan: PullPlan, outstanding: Int, inode: String
  ) -> PulledMailbox {
    let messages = journal.record.messages
    var pulled = PulledMailbox(name: source.name, report: report)
    pulled.gone = plan.gone.compactMap { uid in
      messages[uid].map { GoneMessage(mailbox: source.name, message: $0) }
    }
    pulled.arrivals = messages.values.filter {
      context.run.isRecent($0.run) && $0.fate == .held
    }
    pulled.state = RecordedState(state: state, outstanding: outstanding, archive: inode)
    return pulled
  }
}

extension ClientError {
  /// Whether the stream broke off, which may be one message's fault.
  fileprivate var isLostStream: Bool {
    switch self {
    case .transport(.connectionLost(_)), .transport(.timedOut(_)), .serverClosed: true
    default: false
    }
  }
}
