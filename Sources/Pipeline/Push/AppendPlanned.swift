import Clients
import Journals
import Mail
import Platform
import Protocols
import Stores

/// Appends what a plan says that the target lacks, over one connection.
struct AppendPlanned {
  let context: PushContext
  let target: PushTarget
  let tree: ServerTree
  let server: AccountConnection
  let journal: PushJournal
  let side: ArchiveSide
  let reporter: PushReporter
  let mender: MendRefused
  let earlyDates: EarlyDates
  let omissions: Omissions
  let connection: IMAPConnection
  let raw: RawMailboxName
  let observation: ObserveTarget.Observation
  let flags: TargetFlags
  /// Sees what others bring meanwhile.
  let bindArrivals: BindArrivals

  /// Appends; the mailbox is open before and afterwards.
  ///
  /// - Parameters:
  ///   - plan: what is missing, and what is replaced by it.
  ///   - window: how many messages go out at a time.
  ///   - slowestBatch: seconds; gets what was seen, also where it throws.
  /// - Returns: the mailbox's UIDNEXT as far as that is known.
  /// - Throws: `ClientError` where the connection is gone, leaving intents open; `StoreError`,
  ///   `JournalError`.
  func run(
    _ plan: PlanPush.Plan, window: inout AppendWindow, slowestBatch: inout Double
  ) throws -> UInt32 {
    guard !plan.toSend.isEmpty else { return observation.uidNext }
    try markUnfinished()
    for number in plan.replaced { journal.append(.dropped(entry: number)) }
    for place in plan.toSend
    where journal.record.refused[side.messages[place].digest] != nil && !mender.isToMend(place) {
      journal.append(.retried(side.messages[place].digest))
    }
    // Some servers lose mail that is appended to the open mailbox; this one gains by it.
    if !connection.keepsMailForOpenMailbox { try connection.leaveMailbox() }
    reporter.began(
      messages: plan.toSend.count,
      bytes: plan.toSend.reduce(0) { $0 + side.messages[$1].size })
    let batches = OutgoingBatches(
      plan.toSend, side: side, flags: flags, omissions: omissions, mender: mender,
      largest: connection.capabilities.appendLimit)
    let appender = AppendMessages(
      connection: connection, journal: journal, raw: raw, observation: observation, side: side,
      refusals: ResolveRefusals(
        side: side, retry: context.options.retry, server: server, mender: mender,
        earlyDates: earlyDates, hasTwin: { [journal] in journal.record.hasTwin(of: $0.original) },
        create: { [tree, target] in
          try PrepareMailbox(connection: connection, tree: tree, target: target, raw: raw).create()
        }),
      bindArrivals: bindArrivals, reporter: reporter)
    defer {
      slowestBatch = max(slowestBatch, appender.slowestBatch)
      reporter.report.collapsed += appender.collapsed
    }
    try appender.run(batches, window: &window)
    for (place, error) in batches.unreadable {
      reporter.fail(side.path(of: side.messages[place]), "\(error)", advice: nil)
    }
    if !connection.isSelected(raw) { _ = try connection.select(raw) }
    return appender.uidNext
  }

  /// What is about to be sent may be known to this run only, as when it was asked for by an option: if
  /// the run breaks off, the next one must not pass the mailbox over as unchanged.
  private func markUnfinished() throws {
    let key = context.key(of: target.name)
    guard let known = context.states[key.hex], known.outstanding == 0 else { return }
    try context.states.record(
      RecordedState(
        state: known.state, outstanding: 1, archive: known.archive, counts: known.counts),
      for: key.hex)
  }
}
