import Clients
import Journals
import Mail
import Platform
import Protocols
import Stores

/// Pushes into one mailbox of the target, resuming after lost connections. Confined to one worker.
final class PushMailbox {
  private static let mostDrops = 5

  private let context: PushContext
  private let target: PushTarget
  private let tree: ServerTree
  private let server: AccountConnection
  private let key: MailboxKey
  private let journal: PushJournal
  private let mailboxes: [MaildirMailbox]
  private let digester = DigestMessages()
  private var report: MailboxReport
  private var isCreated: Bool
  private var slowestBatch = 0.0
  private var batchLimit: Int?
  private var drops = 0
  private var appendedSinceDrop = false

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
    mailboxes = try target.sources.map { try context.archive.mailbox(at: $0) }
    report = MailboxReport(name: target.name)
    isCreated = target.existing != nil
  }

  /// What tells that the archive's side has not changed; empty where that can't be told yet.
  static func stamp(_ mailboxes: [MaildirMailbox], recording: Bool) throws -> String {
    var parts: [String] = []
    for mailbox in mailboxes {
      guard let stamp = try recording ? mailbox.stamp() : mailbox.currentStamp() else { return "" }
      parts.append(stamp.description)
    }
    return parts.joined(separator: ";")
  }

  /// Does all that can be done, over as many connections as that takes.
  func run() throws -> MailboxReport {
    // Before anything is read, so that what changes meanwhile is seen by the next run.
    let stamp = context.options.dryRun ? "" : try Self.stamp(mailboxes, recording: true)
    while true {
      do {
        try attempt(stamp)
        return report
      } catch let error as ClientError where error.endsConnection {
        server.drop()
        guard error.isRetryable else { throw error }
        drops = appendedSinceDrop ? 0 : drops + 1
        appendedSinceDrop = false
        guard drops <= Self.mostDrops else { throw error }
        // A message that breaks the connection is found by sending less at a time.
        batchLimit = max(1, (batchLimit ?? 200) / 8)
      }
    }
  }

  private func attempt(_ stamp: String) throws {
    let connection = try server.live()
    guard let raw = tree.raw(for: target.name, usesUTF8: connection.session.usesUTF8Names) else {
      throw Failure(
        scope: .mailbox, cause: .refused,
        summary: "the server has no mailboxes inside mailboxes", advice: nil, retryable: false)
    }
    guard try prepare(connection, raw) else { return announceNew() }
    try settle(raw)
    let live = try server.live()
    let observation = try ObserveTarget(
      connection: live, raw: raw, journal: journal, readOnly: context.options.dryRun
    ).run()
    if journal.record.isUnsettled { try settleSelected(live, raw, observation.uidValidity) }
    try push(live, raw, observation, stamp)
    if !context.options.dryRun { try live.leaveMailbox() }
  }

  // MARK: Before the mailbox is opened

  /// Makes the mailbox where it is missing; false in a dry run, where there is nothing to look at.
  private func prepare(_ connection: IMAPConnection, _ raw: RawMailboxName) throws -> Bool {
    if !isCreated {
      if context.options.dryRun { return false }
      try CreateMailbox(connection: connection, tree: tree).run(target, raw)
      isCreated = true
    }
    // Later on the subscription is the user's own business.
    let isFirst = context.states[key.hex] == nil
    if isFirst, target.isSubscribed, target.existing?.isSubscribed != true,
      !context.options.dryRun
    {
      do { try connection.run(.subscribe(raw), "SUBSCRIBE") } catch {
        guard case .refused(_, _, let text) = error else { throw error }
        notice(.other, "it could not be subscribed: \(text.text)")
      }
    }
    return true
  }

  private func settle(_ raw: RawMailboxName) throws {
    guard journal.record.isUnsettled, !context.options.dryRun else { return }
    try settling(raw).waitForQuiet(server)
  }

  private func settleSelected(
    _ connection: IMAPConnection, _ raw: RawMailboxName, _ validity: UIDValidity
  ) throws {
    let missing = try settling(raw).run(connection, uidValidity: validity)
    guard missing > 0 else { return }
    notice(
      .other,
      "\(missing) messages that were being sent when a run broke off had not arrived; "
        + "they are sent again")
  }

  private func settling(_ raw: RawMailboxName) -> SettleIntents {
    SettleIntents(
      journal: journal, raw: raw,
      quietSeconds: max(context.options.settleSeconds, 3 * slowestBatch),
      tolerated: { try self.tolerated(source: $0) })
  }

  // MARK: The open mailbox

  private func push(
    _ connection: IMAPConnection, _ raw: RawMailboxName,
    _ observation: ObserveTarget.Observation, _ stamp: String
  ) throws {
    let flags = TargetFlags(
      observation.selected, withDeleted: context.options.withDeleted)
    let messages = try scan()
    scanned = messages
    let binding = BindNewcomers(
      connection: connection, journal: journal, observation: observation, flags: flags,
      messages: messages, tolerated: { try self.tolerated(source: $0) })
    _ = try binding.run(toSend: plan(messages).toSend)
    guard try accountForVanished(observation) else { return }
    if !context.options.dryRun {
      journal.append(.known(uidNext: observation.uidNext))
      try journal.flush()
    }
    let plan = plan(messages)
    take(plan, messages)
    if context.options.dryRun { return try announce(plan, messages, connection, flags) }
    let appended = try append(plan, messages, connection, raw, observation, flags)
    report.flagsUpdated += try PushFlags(
      connection: connection, journal: journal, flags: flags, dryRun: false
    ).run(pairs(plan, messages))
    tellLostFlags(plan, messages, flags)
    try record(observation, appended, stamp)
  }

  private var scanned: [ArchiveMessage] = []

  private func scan() throws -> [ArchiveMessage] {
    let known = Dictionary(
      journal.record.entries.values.compactMap { entry in
        entry.source.isEmpty ? nil : entry.digest.map { (entry.source, $0) }
      }, uniquingKeysWith: { first, _ in first })
    return try ScanArchive(
      mailboxes: mailboxes, pulled: context.pulled, digester: digester, known: known,
      full: context.options.full
    ) { mailbox, message, error in self.fail(mailbox.path(of: message), "\(error)") }.run()
  }

  private func plan(_ messages: [ArchiveMessage]) -> PlanPush.Plan {
    PlanPush(
      record: journal.record, resendDeleted: context.options.resendDeleted,
      retryRefused: context.options.retryRefused
    ).run(
      messages.map {
        PlanPush.Message(digest: $0.digest, flags: $0.stored.flags, source: $0.source)
      })
  }

  private func pairs(_ plan: PlanPush.Plan, _ messages: [ArchiveMessage]) -> [Int: Flags] {
    Dictionary(
      plan.pairs.map { ($0.value, messages[$0.key].stored.flags) },
      uniquingKeysWith: { first, _ in first })
  }

  /// Records what is gone on the target; false if that is so much that the user has to say so.
  private func accountForVanished(_ observation: ObserveTarget.Observation) throws -> Bool {
    let record = journal.record
    var vanished = observation.vanished
    if observation.isAnew {
      vanished += record.entries.values.filter {
        $0.uid == nil && !$0.isGone && $0.origin != .collapsed
      }.map(\.number)
    }
    let ours = vanished.filter { record.entries[$0]?.origin != .other }
    let live = record.entries.values.count { !$0.isGone && $0.origin != .other }
    let answered = context.options.acceptDeletions || context.options.resendDeleted
    if live >= 20, ours.count * 2 > live, !answered {
      context.collector.add(
        Question(
          mailbox: target.name,
          text: "\(ours.count) of \(live) messages are gone from the target at once",
          options: ["--resend-deleted", "--accept-deletions"]))
      return false
    }
    for number in vanished { journal.append(.gone(entry: number)) }
    return true
  }

  private func append(
    _ plan: PlanPush.Plan, _ messages: [ArchiveMessage], _ connection: IMAPConnection,
    _ raw: RawMailboxName, _ observation: ObserveTarget.Observation, _ flags: TargetFlags
  ) throws -> (count: Int, uidNext: UInt32) {
    guard !plan.toSend.isEmpty else { return (0, observation.uidNext) }
    for number in plan.replaced { journal.append(.dropped(entry: number)) }
    for place in plan.toSend where journal.record.refused[messages[place].digest] != nil {
      journal.append(.retried(messages[place].digest))
    }
    // Some servers lose mail that is appended to the open mailbox; this one gains by it.
    if connection.serverID["name"]?.lowercased() != "dovecot" { try connection.leaveMailbox() }
    let done = (messages: report.transferred, bytes: report.transferredBytes)
    context.observer.mailboxBegan(
      target.name, messages: done.messages + plan.toSend.count,
      bytes: plan.toSend.reduce(done.bytes) { $0 + messages[$1].size })
    let batches = OutgoingBatches(
      plan.toSend, messages: messages, mailboxes: mailboxes, digester: digester, flags: flags)
    if let batchLimit { batches.limit = batchLimit }
    let appender = AppendMessages(
      connection: connection, journal: journal, raw: raw, observation: observation,
      mailboxes: mailboxes, messages: messages, scratch: digester.scratch,
      refusals: refusals(messages)
    ) { count, bytes in
      self.appendedSinceDrop = true
      self.report.transferred += count
      self.report.transferredBytes += bytes
      self.context.observer.progress(
        self.target.name, messagesDone: self.report.transferred,
        bytesDone: self.report.transferredBytes)
    }
    defer {
      slowestBatch = max(slowestBatch, appender.refusals.slowestBatch)
      report.collapsed += appender.collapsed
    }
    let before = report.transferred
    try appender.run(batches)
    for (place, error) in batches.unreadable {
      fail(path(messages[place]), "\(error)")
    }
    if !connection.isSelected(raw) {
      _ = try connection.select(raw)
    }
    return (report.transferred - before, appender.uidNext)
  }

  private func refusals(_ messages: [ArchiveMessage]) -> ResolveRefusals {
    var pauses = context.options.retry.pauses[...]
    return ResolveRefusals(
      digester: digester,
      pause: {
        guard let seconds = pauses.popFirst() else { return false }
        try self.server.wait(seconds: seconds)
        return true
      },
      onRefused: { message, reason in
        self.fail(self.path(messages[message.place]), "the server refused it: \(reason)")
      },
      onReduced: { message, reduction in
        let path = self.path(messages[message.place])
        switch reduction {
        case .keywords: self.notice(.flagsNotKept, "\(path) was refused with its keywords")
        case .internalDate: self.notice(.datesNotKept, "\(path) was refused with its date")
        }
      })
  }

  /// How the mailbox is left. What somebody else did to it meanwhile makes the next run look again.
  private func record(
    _ observation: ObserveTarget.Observation, _ appended: (count: Int, uidNext: UInt32),
    _ stamp: String
  ) throws {
    let state = MailboxState(
      uidValidity: observation.uidValidity, uidNext: appended.uidNext,
      messages: observation.selected.exists + UInt32(clamping: appended.count),
      highestModSeq: ModificationSequence(0))
    try context.states.record(
      RecordedState(state: state, outstanding: failures, archive: stamp), for: key.hex)
  }

  // MARK: Reporting

  private var failures = 0

  private func take(_ plan: PlanPush.Plan, _ messages: [ArchiveMessage]) {
    report.alreadyPresent = plan.alreadyPresent - report.transferred
    report.goneOnTarget = plan.goneOnTarget
    for place in plan.refused {
      let reason = journal.record.refused[messages[place].digest] ?? ""
      fail(path(messages[place]), "the server refused it in an earlier run: \(reason)")
    }
  }

  private func tellLostFlags(
    _ plan: PlanPush.Plan, _ messages: [ArchiveMessage], _ flags: TargetFlags
  ) {
    var lost = Flags()
    var count = 0
    for message in messages {
      let missing = flags.lost(of: message.stored.flags)
      if missing.isEmpty { continue }
      lost = lost.union(missing)
      count += 1
    }
    if count > 0 {
      notice(.flagsNotKept, "the server does not keep \(lost), which \(count) messages have")
    }
  }

  private func announceNew() {
    context.observer.planned(PlannedChange(action: .createMailbox, mailbox: target.name))
    if target.isSubscribed {
      context.observer.planned(PlannedChange(action: .subscribe, mailbox: target.name))
    }
    guard let messages = try? scan(), !messages.isEmpty else { return }
    announceTransfer(plan(messages).toSend.map { messages[$0] })
  }

  private func announce(
    _ plan: PlanPush.Plan, _ messages: [ArchiveMessage], _ connection: IMAPConnection,
    _ flags: TargetFlags
  ) throws {
    announceTransfer(plan.toSend.map { messages[$0] })
    let changed = try PushFlags(
      connection: connection, journal: journal, flags: flags, dryRun: true
    ).run(pairs(plan, messages))
    report.flagsUpdated = changed
    guard changed > 0 else { return }
    context.observer.planned(
      PlannedChange(action: .updateFlags, mailbox: target.name, messages: changed))
  }

  private func announceTransfer(_ messages: [ArchiveMessage]) {
    report.transferred = messages.count
    report.transferredBytes = messages.reduce(0) { $0 + $1.size }
    for message in messages {
      context.observer.planned(
        PlannedChange(
          action: .transfer, mailbox: target.name, messages: 1, bytes: message.size,
          file: path(message)))
    }
  }

  private func tolerated(source: String) throws -> [ContentDigest] {
    if scanned.isEmpty { scanned = try scan() }
    guard let message = scanned.first(where: { $0.source == source }) else { return [] }
    return try digester.tolerated(message.stored, in: mailboxes[message.mailbox])
  }

  private func path(_ message: ArchiveMessage) -> String {
    mailboxes[message.mailbox].path(of: message.stored)
  }

  private func fail(_ path: String, _ reason: String) {
    failures += 1
    context.collector.add(
      MessageFailure(
        mailbox: target.name, uid: nil, file: path, reason: reason,
        advice: "Once the reason is gone, --retry-refused sends it again."))
  }

  private func notice(_ kind: Notice.Kind, _ text: String) {
    context.collector.add(Notice(kind: kind, mailbox: target.name, text: text))
  }
}
