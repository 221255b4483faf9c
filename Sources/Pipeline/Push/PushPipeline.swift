package import Platform

import Clients
import Journals
import Mail
import Protocols
import Stores

/// Pushes an archive into an account: scan, digest, plan, append, confirm, record.
///
/// It alone knows the order of the stages.
package struct PushPipeline: Sendable {
  let options: PushOptions
  let observer: any RunObserver
  let interruption: Interruption

  package init(options: PushOptions, observer: any RunObserver, interruption: Interruption) {
    self.options = options
    self.observer = observer
    self.interruption = interruption
  }

  /// Runs to the end, or to the failure that stops it; either way what was done is in the report.
  package func run() async -> RunReport {
    let collector = ReportCollector(direction: .push, dryRun: options.dryRun, observer: observer)
    do {
      try await WorkerThread.run(name: "mailarc-push", cancelling: interruption) {
        do { try lead(collector) } catch { collector.stop(Failure(error, scope: .account)) }
      }
    } catch {
      collector.stop(Failure(error, scope: .run))
    }
    return collector.current
  }

  private func makeConnection(
    _ interruption: Interruption, _ budget: ConnectionBudget
  ) -> AccountConnection {
    AccountConnection(
      account: options.target, enabling: [.condStore], interruption: interruption,
      retry: options.retry, budget: budget, onWait: observer.waits)
  }

  private func lead(_ collector: ReportCollector) throws {
    let source = try PushSource(options)
    let mailboxes = try source.mail.mailboxes()
    let server = makeConnection(interruption, ConnectionBudget())
    defer { server.logout() }
    let tree = try server.persist { try $0.listMailboxes() }
    if options.fixDates, try !server.live().capabilities.contains(.uidPlus) {
      throw Failure.usage(
        "dates can't be fixed on this server: it has no UIDPLUS",
        advice: "Without that no single message can be removed, and each would be there twice.")
    }
    let pulled = try? source.archive?.state.openSubdirectory("pull")
    if let archive = source.archive, let pulled, !isKnown(source) {
      try RefuseSource(archive: archive, pulled: pulled, target: options.target.identity)
        .run(tree, server)
    }
    TellUnread(
      root: source.mail.path, collector: collector, consequence: "Nothing in it was pushed."
    ).run(mailboxes)
    let mapping = try map(mailboxes, source, tree, server)
    for names in mapping.renamed {
      collector.add(
        Notice(
          kind: .other, mailbox: names.from,
          text: "\(names.reason); there it is called \(names.to)"))
    }
    let directory = try indexDirectory(in: source)
    let log = try RunLog(in: directory, readOnly: options.dryRun)
    let context = PushContext(
      options: options, source: source, pulled: PulledDigests(pulled),
      stray: StrayKeywords(of: source.archive, in: mailboxes.mailboxes), directory: directory,
      states: try MailboxStates(in: directory, readOnly: options.dryRun),
      wasStopped: log.numbers.wasStopped, observer: observer, collector: collector,
      prune: options.prune ? PruneBoard() : nil, interruption: interruption)
    var targets = mapping.targets
    if mailboxes.unreadable.isEmpty {
      targets += try FindAbandoned(context: context, tree: tree).run(targets)
    } else {
      context.prune?.cannotReadAll()
    }
    var moved = try server.during { try jobs(targets, context) }
    try server.persist {
      try FollowHandMoves(context: context, tree: tree, server: server, connection: $0).run(&moved)
    }
    let estimating = EstimatePush(
      context: context, largest: try server.live().capabilities.appendLimit)
    let estimate = server.during { estimating.run(moved) }
    observer.plan(totalMessages: estimate.messages, bytes: estimate.bytes)
    try server.persist {
      try CheckTargetRoom(context: context, connection: $0).run(estimate)
    }
    let subscribing = mapping.targets.filter(context.wantsSubscription).map(\.name)
    work(moved, tree, server, context)
    if let board = context.prune {
      PruneMailboxes(context: context, tree: tree, server: server, board: board)
        .run(moved.map(\.name))
    }
    try ConfirmSubscriptions(context: context).run(subscribing, server)
    guard !options.dryRun, !collector.isStopped else { return }
    try remember(tree, mapping.targets, context)
    try log.end()
  }

  /// Decides where all goes, and makes the mailboxes whose names the target may refuse.
  private func map(
    _ mailboxes: MailboxTree, _ source: PushSource, _ tree: ServerTree, _ server: AccountConnection
  ) throws -> MapMailboxes.Result {
    let known = KnownTargets(source.index(of: options.target), options.target.identity)
    var mapping = MapMailboxes(
      mailboxes: mailboxes.mailboxes, records: source.archive?.table.records ?? [], tree: tree,
      wasPushedTo: known.contains
    ).run()
    guard !options.dryRun else { return mapping }
    try server.persist { try SettleNames(connection: $0, tree: tree).run(&mapping) }
    return mapping
  }

  /// Records what the target has, for those who ask what a push would do.
  private func remember(
    _ tree: ServerTree, _ targets: [PushTarget], _ context: PushContext
  ) throws(JournalError) {
    var table = TargetTable(in: context.directory) ?? TargetTable()
    table.url = options.target.url
    table.separator = tree.separator
    table.mailboxes = [:]
    for mailbox in tree.mailboxes where mailbox.isSelectable {
      table.mailboxes[mailbox.name] = mailbox.specialUses
    }
    for target in targets where table.mailboxes[target.name] == nil {
      table.mailboxes[target.name] = target.specialUse.map { [$0] } ?? []
    }
    table.kept.merge(context.keptFlags.all) { $1 }
    try table.write(in: context.directory)
  }

  /// Whether there is an index for the target: then it passed the check before.
  private func isKnown(_ source: PushSource) -> Bool {
    source.index(of: options.target) != nil
  }

  private func indexDirectory(in source: PushSource) throws -> Directory {
    // Where nothing was ever pushed there is nothing to read, and nothing may be made.
    if options.dryRun { return source.index(of: options.target) ?? source.state }
    return try source.state.ensurePath(["push", options.target.indexName])
  }

  /// The mailboxes that have to be looked at; the others are reported.
  private func jobs(_ targets: [PushTarget], _ context: PushContext) throws -> [PushTarget] {
    var jobs: [PushTarget] = []
    for target in targets {
      if let known = context.states[context.key(of: target.name).hex],
        try isUnchanged(target, known, context)
      {
        if target.isAbandoned { continue }
        var report = MailboxReport(name: target.name)
        report.skipped = true
        report.alreadyPresent = known.counts?.present ?? Int(known.state.messages)
        report.goneOnTarget = known.counts?.gone ?? 0
        context.collector.add(report)
      } else {
        jobs.append(target)
      }
    }
    return jobs
  }

  private func isUnchanged(
    _ target: PushTarget, _ known: RecordedState, _ context: PushContext
  ) throws -> Bool {
    guard !options.full, !options.resendDeleted, !options.retryRefused, !options.withDeleted,
      !options.prune, !options.fixDates, known.outstanding == 0, !known.archive.isEmpty,
      let status = target.existing?.status,
      status.uidValidity == known.state.uidValidity,
      status.uidNext?.value == known.state.uidNext, status.messages == known.state.messages
    else { return false }
    let side = try ArchiveSide(target.sources, in: context.source.mail)
    return try side.stamp(recording: false) == known.archive
  }

  private func work(
    _ jobs: [PushTarget], _ tree: ServerTree, _ server: AccountConnection, _ context: PushContext
  ) {
    let queue = WorkQueue(jobs)
    ShareWork(
      queue: queue, connections: min(options.connections, jobs.count), interruption: interruption,
      open: { [budget = server.budget] in makeConnection($0, budget) }
    ).run(server) { own in
      push(from: queue, tree, own, context)
    }
  }

  private func push(
    from queue: WorkQueue<PushTarget>, _ tree: ServerTree, _ server: AccountConnection,
    _ context: PushContext
  ) {
    while let target = queue.next() {
      do {
        let mailbox = try PushMailbox(
          context: context, target: target, tree: tree, server: server)
        let report = try mailbox.run()
        if let board = context.prune, !mailbox.surplus.isEmpty {
          board.add(.init(target: target, report: report, surplus: mailbox.surplus))
        } else if !target.isAbandoned || report.moved > 0 {
          context.collector.add(report)
        }
      } catch {
        let failure = Failure(error, scope: .mailbox)
        if failure.scope == .mailbox {
          context.collector.add(MailboxFailure(mailbox: target.name, failure: failure))
        } else {
          context.collector.stop(failure)
          queue.close()
        }
      }
    }
  }
}
