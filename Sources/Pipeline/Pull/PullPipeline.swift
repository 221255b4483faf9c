package import Platform

import Clients
import Journals
import Mail
import Protocols
import Stores
import Synchronization

/// Pulls an account into an archive: list mailboxes, plan, fetch, deliver, record.
///
/// It alone knows the order of the stages.
package struct PullPipeline: Sendable {
  let options: PullOptions
  let observer: any RunObserver
  let interruption: Interruption

  package init(
    options: PullOptions, observer: any RunObserver, interruption: Interruption
  ) {
    self.options = options
    self.observer = observer
    self.interruption = interruption
  }

  /// Runs to the end, or to the failure that stops it; either way what was done is in the report.
  package func run() async -> RunReport {
    let collector = ReportCollector(direction: .pull, dryRun: options.dryRun, observer: observer)
    do {
      try await WorkerThread.run(name: "mailarc-pull", cancelling: interruption) {
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
      account: options.source, enabling: [.qResync, .condStore], interruption: interruption,
      retry: options.retry, budget: budget, onWait: observer.waits)
  }

  private func lead(_ collector: ReportCollector) throws {
    // An archive that can't be used is told before anybody is asked for mail.
    let existing = try openArchive()
    switch options.source.service {
    case .imap: try pullMailboxes(existing, collector)
    case .pop3: try pullMaildrop(existing, collector)
    }
  }

  /// What a pull into an archive has at hand from its beginning to its end.
  struct Run {
    let context: PullContext
    let log: RunLog
    let seen: RecordSeen?
  }

  /// Begins with an archive, which is made if there is none.
  func begin(
    _ existing: Archive?, _ collector: ReportCollector, record: (Archive) throws -> Void
  ) throws -> Run {
    let archive =
      try existing
      ?? Archive.create(
        path: options.archivePath, account: options.source.identity, layout: newLayout)
    try archive.require(account: options.source.identity)
    try record(archive)
    let directory = try pullDirectory(of: archive)
    let log = try RunLog(in: directory, readOnly: options.dryRun)
    let seen = options.dryRun ? nil : RecordSeen(archive: archive)
    let context = PullContext(
      options: options, archive: archive, directory: directory,
      states: try MailboxStates(in: directory, readOnly: options.dryRun), run: log.numbers,
      index: ArchiveIndex(archive), names: HandNames(of: archive),
      movedFlags: MovedFlags(of: archive), observer: observer, collector: collector,
      interruption: interruption)
    try RecordTrashed(context: context).run()
    return Run(context: context, log: log, seen: seen)
  }

  private func pullMailboxes(_ existing: Archive?, _ collector: ReportCollector) throws {
    let server = makeConnection(interruption, ConnectionBudget())
    defer { server.logout() }
    let tree = try server.persist { try $0.listMailboxes() }
    let emptiness = TellEmptySource(collector: collector, prunes: options.prune)
    if existing == nil, options.dryRun {
      emptiness.run(messages: tree.messages, before: nil)
      try AnnounceFirstPull(server: server, observer: observer, collector: collector).run(tree)
      return
    }
    let run = try server.during {
      try begin(existing, collector) {
        try RecordMailboxes(archive: $0, dryRun: options.dryRun).run(tree)
      }
    }
    let context = run.context
    emptiness.run(messages: tree.messages, before: context.messagesBefore)
    let chosen = try server.during { try ChooseMailboxes(context: context).run(tree) }
    // With --prune something may be done in these as well.
    if !options.prune { for report in chosen.skipped { collector.add(report) } }
    observer.plan(totalMessages: chosen.messages, bytes: nil)
    try CheckFreeSpace(directory: context.archive.root, server: server).run(
      chosen.jobs.filter { context.states[context.key(of: $0.name).hex] == nil })
    var pulled = work(chosen.jobs, server, context)
    // What is left to do concerns the archive alone, and may take its time.
    server.logout()
    guard !collector.isStopped else {
      if options.prune { for report in chosen.skipped { collector.add(report) } }
      for mailbox in pulled { collector.add(mailbox.report) }
      return
    }
    let pulledAll = pulled.count == chosen.jobs.count
    let isComplete = pulledAll && pulled.allSatisfy(\.isSettled)
    pulled += try FindVanished(context: context).run(tree)
    try conclude(
      run, pulled, skipped: chosen.skipped,
      present: Set(tree.mailboxes.lazy.filter(\.isSelectable).map(\.name)),
      isComplete: isComplete, isWhole: pulledAll && pulled.allSatisfy(\.isWhole))
  }

  /// Does what can be done only when all mailboxes were looked at, and ends the run.
  ///
  /// - Parameters:
  ///   - run: the run.
  ///   - pulled: the mailboxes that were looked at, and those that the source has no longer.
  ///   - skipped: the mailboxes that were seen to be unchanged.
  ///   - present: the mailboxes that the source has, as far as is known.
  ///   - isComplete: whether all of the source was looked at.
  ///   - isWhole: whether it gave all that it has.
  /// - Throws: what ends the run.
  func conclude(
    _ run: Run, _ pulled: [PulledMailbox], skipped: [MailboxReport], present: Set<MailboxName>,
    isComplete: Bool, isWhole: Bool
  ) throws {
    let context = run.context
    let followed = try FollowMoves(context: context, isComplete: isComplete)
      .run(pulled, skipped: skipped.map(\.name))
    if options.prune {
      try prune(pulled, followed, skipped, present, context, isWhole: isWhole)
    } else {
      for mailbox in followed {
        add(mailbox.report, isVanished: mailbox.isVanished, context.collector)
      }
    }
    try context.archive.saveTable(dryRun: options.dryRun)
    // What came in this run still counts as new when a mailbox that failed or waits is looked at:
    // its messages may have gone there.
    if followed.count == pulled.count {
      if isComplete, followed.allSatisfy(\.isSettled) {
        try run.log.end()
      } else {
        try run.log.leave()
      }
    }
    let settled = Set(followed.filter(\.isSettled).map(\.name))
    let waiting = Set(pulled.map(\.name)).subtracting(settled)
    try run.seen?.run(
      waiting: Set(waiting.map(context.home)),
      rematched: Set(followed.lazy.filter(\.isRematched).map(\.name).map(context.home)),
      hasMoved: followed.contains { $0.report.moved > 0 || $0.isVanished })
  }

  /// Puts what is gone into the trash, and ends the reports of the mailboxes.
  private func prune(
    _ pulled: [PulledMailbox], _ followed: [PulledMailbox], _ skipped: [MailboxReport],
    _ present: Set<MailboxName>, _ context: PullContext, isWhole: Bool
  ) throws {
    var removed: [MailboxName: Int] = [:]
    defer {
      for var report in skipped {
        report.removed = removed[report.name] ?? 0
        add(report, isVanished: false, context.collector)
      }
      for var mailbox in followed {
        mailbox.report.removed = removed[mailbox.name] ?? 0
        add(mailbox.report, isVanished: mailbox.isVanished, context.collector)
      }
      let told = Set(skipped.map(\.name)).union(pulled.map(\.name))
      for (name, count) in removed where !told.contains(name) {
        var report = MailboxReport(name: name)
        report.removed = count
        context.collector.add(report)
      }
    }
    guard isWhole else {
      // A message that was moved may be one of those that could not be had.
      context.collector.add(
        Notice(
          kind: .other, mailbox: nil,
          text: "nothing was put into the trash: not all of the source could be read, and what "
            + "seems to be gone may be there"))
      return
    }
    let settled = Set(followed.filter(\.isSettled).map(\.name))
    removed = try PruneArchive(
      context: context, left: Set(pulled.map(\.name)).subtracting(settled),
      nowGone: followed.reduce(into: [:]) { $0[$1.name] = $1.nowGone },
      present: present
    ).run()
  }

  private func add(_ report: MailboxReport, isVanished: Bool, _ collector: ReportCollector) {
    if !isVanished || report.hasNews { collector.add(report) }
  }

  private var newLayout: ArchiveIdentity.Layout { options.layout ?? .maildir }

  private func openArchive() throws -> Archive? {
    guard try Archive.exists(path: options.archivePath) else {
      try Archive.requireRoom(
        path: options.archivePath, account: options.source.identity, layout: newLayout)
      return nil
    }
    let archive = try Archive.open(
      path: options.archivePath, for: options.dryRun ? .reading : .writing)
    try archive.require(account: options.source.identity)
    if let layout = options.layout, layout != archive.identity.layout {
      throw Failure(
        scope: .run, cause: .usage,
        summary: "the archive keeps its mail as \(archive.identity.layout.rawValue)",
        advice:
          "Leave out --layout, or make an archive of the other layout with `mailarc convert`.",
        retryable: false)
    }
    return archive
  }

  private func pullDirectory(of archive: Archive) throws -> Directory {
    if options.dryRun, try !archive.state.contains("pull") { return archive.state }
    return try archive.state.ensureSubdirectory("pull")
  }

  /// Shares the mailboxes out among the workers: this thread with the connection there is, and others
  /// with their own.
  private func work(
    _ jobs: [ServerMailbox], _ server: AccountConnection, _ context: PullContext
  ) -> [PulledMailbox] {
    let queue = WorkQueue(jobs)
    let results = Mutex<[PulledMailbox]>([])
    ShareWork(
      queue: queue, connections: min(options.connections, jobs.count), interruption: interruption,
      open: { [budget = server.budget] in makeConnection($0, budget) }
    ).run(server) { own in
      pull(from: queue, own, context) { mailbox in results.withLock { $0.append(mailbox) } }
    }
    return results.withLock { $0 }.sorted { $0.name < $1.name }
  }

  private func pull(
    from queue: WorkQueue<ServerMailbox>, _ server: AccountConnection, _ context: PullContext,
    _ onResult: (PulledMailbox) -> Void
  ) {
    while let source = queue.next() {
      do {
        let pulled = try PullMailbox(context: context, source: source, server: server).run()
        // What is gone is recorded when it is known where it went, and the state not before it.
        if pulled.isClear, let state = pulled.state {
          try context.states.record(state, for: context.key(of: source.name).hex)
        }
        onResult(pulled)
      } catch {
        let failure = Failure(error, scope: .mailbox)
        if failure.scope == .mailbox {
          context.collector.add(MailboxFailure(mailbox: source.name, failure: failure))
        } else {
          context.collector.stop(failure)
          queue.close()
        }
      }
    }
  }
}

extension MailboxReport {
  fileprivate var hasNews: Bool { moved > 0 || removed > 0 || goneAtSource > 0 }
}
