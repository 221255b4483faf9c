import Clients
import Journals
import Mail
import Platform
import Protocols
import Stores

/// Pushes into one mailbox of the target, resuming after lost connections.
///
/// Confined to one worker.
final class PushMailbox {
  private let context: PushContext
  private let target: PushTarget
  private let tree: ServerTree
  private let server: AccountConnection
  private let key: MailboxKey
  private let journal: PushJournal
  private let side: ArchiveSide
  private let reporter: PushReporter
  private var isCreated: Bool
  private var slowestBatch = 0.0
  private static let mostRescans = 5
  private var rescans = 0
  /// Messages that were on their way and had not arrived.
  private var missing: [String] = []
  private var window = AppendWindow()
  private let wantsSubscription: Bool
  private let earlyDates: EarlyDates
  private var omissions: Omissions
  private let mender: MendRefused
  private let tellMended: TellMended
  /// With `--prune`, entries of messages that mailarc put there and the archive has no longer.
  private(set) var surplus: [Int] = []

  init(
    context: PushContext, target: PushTarget, tree: ServerTree, server: AccountConnection
  ) throws {
    self.context = context
    self.target = target
    self.tree = tree
    self.server = server
    key = context.key(of: target.name)
    journal = try PushJournal(
      in: context.directory, key: key.hex, mailbox: target.name,
      readOnly: context.options.dryRun)
    side = try ArchiveSide(target.sources, in: context.source.mail)
    reporter = PushReporter(
      target.name, collector: context.collector, observer: context.observer)
    isCreated = target.existing != nil
    wantsSubscription = context.wantsSubscription(target)
    earlyDates = EarlyDates(
      hasArrived: { [journal] digest in
        journal.record.entries.values.contains { $0.digest == digest }
      },
      onRefused: { [reporter] in
        reporter.notice(
          .datesNotKept,
          "the server takes no dates before 1970; what has one is sent without its date")
      })
    omissions = Omissions(earlyDates: earlyDates)
    side.copies = { [journal] in journal.record.copies(of: $0) }
    mender = MendRefused(
      side: side, journal: journal, isOn: context.options.mend,
      retriesRefused: context.options.retryRefused)
    tellMended = TellMended(journal, side, reporter)
    reporter.report.moved = target.moved
  }

  /// Does all that can be done, over as many connections as that takes.
  func run() throws -> MailboxReport {
    defer { tellMended.run() }
    if case .lost(let records) = journal.damage {
      reporter.notice(
        .other,
        "\(records) \(Counted.word(records, "record", "records")) of the index "
          + "\(Counted.word(records, "was", "were")) damaged; the mailbox is matched anew")
      journal.append(.unbound)
    }
    // Before anything is read, so that what changes meanwhile is seen by the next run.
    let stamp =
      context.options.dryRun ? "" : try server.during { try side.stamp(recording: true) }
    try scan()
    var patience = Patience(context.options.retry)
    while true {
      let connection = try server.live()
      do {
        try attempt(connection, stamp)
        return reporter.report
      } catch let error as ClientError where error.endsConnection {
        server.drop(after: error)
        guard error.isRetryable else { throw error }
        try judge(error)
      } catch let error as ClientError where error.asksForPatience {
        try server.wait(after: error, &patience)
      } catch {
        // Anything else may have come in the middle of a message's bytes.
        if !(error is ClientError || error is Failure) { server.drop() }
        guard Self.meansChange(error), rescans < Self.mostRescans else { throw error }
        rescans += 1
        if let change = error as? Failure {
          reporter.notice(.other, change.summary + "; it is matched anew")
        }
        try scan()
      }
    }
  }

  private func scan() throws {
    try server.during { try side.scan(context, index: journal.record, reporter) }
    tellBoard(of: PlanPush.Plan())
  }

  /// Tells what of the archive is on the target by that plan.
  private func tellBoard(of plan: PlanPush.Plan) {
    guard let board = context.prune else { return }
    board.saw(side, plan, in: target.name, dryRun: context.options.dryRun)
    surplus = plan.surplus.filter { number in
      journal.record.entries[number].map { !target.wouldMove.contains($0.source) } ?? false
    }
  }

  /// Whether a file was edited, moved or removed while it was being sent, or the target's mailbox made anew.
  private static func meansChange(_ error: any Error) -> Bool {
    if let failure = error as? Failure { return failure == FindAppended.isAnotherMailbox }
    if case StoreError.notFound = error { return true }
    if case StoreError.changed = error { return true }
    return error is AppendSizeMismatch
  }

  private func judge(_ error: ClientError) throws {
    let open = journal.record.batches.values.flatMap { $0.open.values.map(\.digest) }
    switch window.broke(open: open) {
    case .tryAgain: return
    case .hopeless: throw error
    case .blame(let digest):
      if case .outOfStep(let text) = error,
        let what = omissions.reduce(digest, date: try side.internalDate(of: digest))
      {
        reporter.notice(
          .other, "a message that the server refused (\(text.text)) is sent without \(what)")
        return
      }
      let words = if case .outOfStep(let text) = error { ": \(text.text)" } else { "" }
      journal.append(.refused(digest, reason: "the connection breaks whenever it is sent" + words))
      try journal.flush()
    }
  }

  private func attempt(_ connection: IMAPConnection, _ stamp: String) throws {
    surplus = []
    guard let raw = tree.raw(for: target.name, usesUTF8: connection.session.usesUTF8Names) else {
      throw Failure(
        scope: .mailbox, cause: .refused,
        summary: "the server has no mailboxes inside mailboxes",
        advice: "Move it to the top of the archive; it follows.", retryable: false)
    }
    mender.takesNUL = connection.capabilities.contains(.binary)
    guard try prepare(connection, raw) else {
      let plan = plan()
      tellBoard(of: plan)
      return telling.announceNew(plan)
    }
    if journal.record.isUnsettled, !context.options.dryRun {
      try settling(raw).quiet.run(server)
    }
    let live = try server.live()
    let observation = try ObserveTarget(
      connection: live, raw: raw, journal: journal, readOnly: context.options.dryRun
    ).run()
    if journal.record.isUnsettled {
      if observation.isAnew { try binder(live, observation).rebindLive() }
      missing += try settling(raw).run(live, observation).map(side.path(ofSource:))
    }
    try push(live, raw, observation, stamp)
    if !context.options.dryRun { try live.leaveMailbox() }
  }

  /// Makes and subscribes the mailbox; false in a dry run where there is nothing to look at.
  private func prepare(_ connection: IMAPConnection, _ raw: RawMailboxName) throws -> Bool {
    let stage = PrepareMailbox(connection: connection, tree: tree, target: target, raw: raw)
    if context.options.dryRun { return isCreated }
    if !isCreated {
      try stage.create()
      isCreated = true
    }
    // What is refused is tried once more at the end of the run.
    if wantsSubscription { _ = try connection.subscribe(raw) }
    return true
  }

  private func settling(_ raw: RawMailboxName) -> SettleIntents {
    SettleIntents(
      journal: journal, raw: raw, settleSeconds: context.options.settleSeconds,
      slowestBatch: slowestBatch,
      archive: side.keyCounts,
      tolerated: { [side] in try side.tolerated($0, passesTrace: $1) })
  }

  private func targetFlags(_ observation: ObserveTarget.Observation) -> TargetFlags {
    TargetFlags(
      observation.selected, isReadOnly: context.options.dryRun,
      withDeleted: context.options.withDeleted)
  }

  private func binder(
    _ connection: IMAPConnection, _ observation: ObserveTarget.Observation,
    sentSince: Int = .max
  ) -> BindNewcomers {
    BindNewcomers(
      connection: connection, journal: journal, observation: observation,
      flags: targetFlags(observation), messages: side.messages,
      tolerated: { [side] in try side.tolerated($0, passesTrace: $1) },
      onAltered: reporter.altered, sentSince: sentSince, onLate: reporter.late,
      onTwice: reporter.twice)
  }

  private func arrivals(
    _ connection: IMAPConnection, _ raw: RawMailboxName,
    _ observation: ObserveTarget.Observation
  ) -> BindArrivals {
    let sentSince = journal.record.lastEntry
    return BindArrivals(
      connection: connection, raw: raw, uidValidity: observation.uidValidity
    ) { [self] arrived, toSend in
      var observation = observation
      observation.newcomers = arrived
      // These were accounted for before anything was sent.
      observation.vanished = []
      return try binder(connection, observation, sentSince: sentSince).run(toSend: toSend)
    }
  }

  private func push(
    _ connection: IMAPConnection, _ raw: RawMailboxName,
    _ observation: ObserveTarget.Observation, _ stamp: String
  ) throws {
    let flags = targetFlags(observation)
    let before = plan()
    try mender.expect(before.toSend)
    // What counts as refused may have come to light.
    _ = try binder(connection, observation).run(toSend: (before.toSend + before.refused).sorted())
    let vanished = AccountForVanished(
      journal: journal, observation: observation,
      wanted: Set(side.messages.lazy.map(\.digest)),
      isAnswered: context.options.acceptDeletions || context.options.resendDeleted
        || target.isAbandoned)
    let question = vanished.run()
    reporter.missing(missing, areSentAgain: question == nil)
    missing = []
    if let question {
      reporter.ask(question, options: ["--resend-deleted", "--accept-deletions"])
      return
    }
    journal.append(.known(uidNext: observation.uidNext))
    try journal.flush()
    let plan = plan()
    telling.take(plan)
    if context.options.dryRun {
      tellBoard(of: plan)
      telling.announceTransfer(plan)
      try mender.foretell(plan.toSend, reporter)
      _ = try fixDates(connection, raw, observation)
      return telling.announceFlags(
        try pushFlags(connection, flags, dryRun: true).run(pairs(plan)))
    }
    context.keptFlags.record(flags, of: target.name)
    let (transferred, present) = (reporter.report.transferred, reporter.report.alreadyPresent)
    let uidNext = try appending(connection, raw, observation, flags).run(
      plan, window: &window, slowestBatch: &slowestBatch)
    // Others may have brought some of it meanwhile.
    let isAsPlanned = reporter.report.alreadyPresent == present
    reporter.report.flagsUpdated += try pushFlags(connection, flags, dryRun: false).run(
      pairs(isAsPlanned ? plan : self.plan()))
    telling.tellLostFlags(flags)
    let hasCopies = try fixDates(connection, raw, observation)
    tellBoard(of: self.plan())
    // What somebody else did to the mailbox meanwhile makes the next run look again, also where as many
    // messages went as came.
    let sent = UInt32(clamping: reporter.report.transferred - transferred)
    let isAlone = !hasCopies && uidNext &- observation.uidNext == sent
    let state = MailboxState(
      uidValidity: observation.uidValidity, uidNext: isAlone ? uidNext : 0,
      messages: observation.selected.exists + sent, highestModSeq: ModificationSequence(0))
    try context.states.record(
      RecordedState(
        state: state, outstanding: reporter.failures + journal.record.replacements.count,
        archive: stamp,
        counts: .init(
          present: reporter.report.alreadyPresent + reporter.report.transferred,
          gone: reporter.report.goneOnTarget)), for: key.hex)
  }

  private var telling: TellPlan {
    TellPlan(
      target: target, side: side, journal: journal, reporter: reporter,
      prunes: context.options.prune)
  }

  /// - Returns: whether copies were made.
  private func fixDates(
    _ connection: IMAPConnection, _ raw: RawMailboxName,
    _ observation: ObserveTarget.Observation
  ) throws -> Bool {
    let pending = journal.record.replacements.count
    guard context.options.fixDates else {
      if pending > 0 { reporter.doubled(pending) }
      return false
    }
    let stage = FixDates(
      connection: connection, raw: raw, journal: journal, side: side, reporter: reporter,
      hopeless: context.hopelessDates, uidValidity: observation.uidValidity)
    if context.options.dryRun {
      if pending > 0 { reporter.doubled(pending) }
      try stage.announce(plan().pairs)
      return false
    }
    let last = journal.record.lastBatch
    try stage.run({ self.plan().pairs }, window: &window)
    return journal.record.lastBatch > last
  }

  private func plan() -> PlanPush.Plan {
    mender.include(
      PlanPush(
        record: journal.record, resendDeleted: context.options.resendDeleted,
        retryRefused: context.options.retryRefused
      ).run(
        side.messages.map {
          PlanPush.Message(digest: $0.digest, flags: $0.flags, source: $0.source)
        }))
  }

  private func pairs(_ plan: PlanPush.Plan) -> [Int: Flags] {
    Dictionary(
      plan.pairs.map { ($0.value, side.messages[$0.key].flags) },
      uniquingKeysWith: { first, _ in first })
  }

  private func appending(
    _ connection: IMAPConnection, _ raw: RawMailboxName,
    _ observation: ObserveTarget.Observation, _ flags: TargetFlags
  ) -> AppendPlanned {
    AppendPlanned(
      context: context, target: target, tree: tree, server: server, journal: journal, side: side,
      reporter: reporter, mender: mender, earlyDates: earlyDates, omissions: omissions,
      connection: connection, raw: raw, observation: observation, flags: flags,
      bindArrivals: arrivals(connection, raw, observation))
  }

  private func pushFlags(
    _ connection: IMAPConnection, _ flags: TargetFlags, dryRun: Bool
  ) -> PushFlags {
    PushFlags(
      connection: connection, journal: journal, flags: flags, dryRun: dryRun
    ) { [reporter] refused, count, words in
      reporter.notice(
        .flagsNotKept,
        "the server refused to store \(refused) for "
          + "\(Counted.messages(count)): \(words)")
    }
  }
}
