package import Platform

import Clients
import Journals
import Mail
import Protocols
import Stores
import Synchronization

/// Pulls an account into an archive: list mailboxes, plan, fetch, deliver, record. It alone knows the
/// order of the stages.
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
      try await WorkerThread.run(name: "mailarc-pull") {
        do { try lead(collector) } catch { collector.stop(Failure(error, scope: .account)) }
      }
    } catch {
      collector.stop(Failure(error, scope: .run))
    }
    return collector.current
  }

  private func makeConnection() -> AccountConnection {
    AccountConnection(
      account: options.source, enabling: [.qResync, .condStore], interruption: interruption,
      retry: options.retry)
  }

  private func lead(_ collector: ReportCollector) throws {
    // An archive that can't be used is told before anybody is asked for mail.
    let existing = try openArchive()
    let server = makeConnection()
    defer { server.logout() }
    let tree = try server.live().listMailboxes(allNamespaces: options.allNamespaces)
    if existing == nil, options.dryRun {
      announceFirstPull(tree, collector)
      return
    }
    let archive =
      try existing
      ?? Archive.create(path: options.archivePath, account: options.source.identity)
    try RecordMailboxes(archive: archive, dryRun: options.dryRun).run(tree)
    let directory = try pullDirectory(of: archive)
    let log = try RunLog(in: directory, readOnly: options.dryRun)
    let context = PullContext(
      options: options, archive: archive, directory: directory,
      states: try MailboxStates(in: directory, readOnly: options.dryRun), run: log.numbers,
      index: ArchiveIndex(archive), observer: observer, collector: collector,
      interruption: interruption)
    let jobs = try jobs(tree, context)
    try CheckFreeSpace(directory: archive.root).run(
      jobs.filter { context.states[context.key(of: $0.name).hex] == nil })
    var pulled = work(jobs, server, context)
    guard !collector.isStopped else {
      for mailbox in pulled { collector.add(mailbox.report) }
      return
    }
    pulled += try vanishedMailboxes(tree, context)
    for mailbox in try FollowMoves(context: context).run(pulled) { collector.add(mailbox.report) }
    try archive.saveTable(dryRun: options.dryRun)
    try log.end()
  }

  private func openArchive() throws -> Archive? {
    guard try Archive.exists(path: options.archivePath) else { return nil }
    let archive = try Archive.open(
      path: options.archivePath, for: options.dryRun ? .reading : .writing)
    try archive.require(account: options.source.identity)
    return archive
  }

  private func pullDirectory(of archive: Archive) throws -> Directory {
    if options.dryRun, try !archive.state.contains("pull") { return archive.state }
    return try archive.state.ensureSubdirectory("pull")
  }

  /// The mailboxes that have to be looked at, the largest first; the others are reported.
  private func jobs(_ tree: ServerTree, _ context: PullContext) throws -> [ServerMailbox] {
    var jobs: [ServerMailbox] = []
    var messages = 0
    for mailbox in tree.mailboxes where mailbox.isSelectable {
      let known = context.states[context.key(of: mailbox.name).hex]
      if let known, !options.refetchDeleted, mailbox.isUnchanged(since: known) {
        var report = MailboxReport(name: mailbox.name)
        report.skipped = true
        report.alreadyPresent = Int(known.state.messages)
        context.collector.add(report)
        continue
      }
      jobs.append(mailbox)
      messages += max(0, Int(mailbox.status?.messages ?? 0) - Int(known?.state.messages ?? 0))
    }
    observer.plan(totalMessages: messages, bytes: 0)
    return jobs.sorted { ($0.status?.messages ?? 0) > ($1.status?.messages ?? 0) }
  }

  /// Shares the mailboxes out among the workers: this thread with the connection there is, and others
  /// with their own.
  private func work(
    _ jobs: [ServerMailbox], _ server: AccountConnection, _ context: PullContext
  ) -> [PulledMailbox] {
    let queue = WorkQueue(jobs)
    let results = Mutex<[PulledMailbox]>([])
    let others = min(options.connections, jobs.count) - 1
    WorkerThread.alongside(others) {
      let own = makeConnection()
      // A server that takes no further connection is no failure: the others do the work.
      guard (try? own.live()) != nil else { return }
      pull(from: queue, own, context) { mailbox in results.withLock { $0.append(mailbox) } }
      own.logout()
    } own: {
      pull(from: queue, server, context) { mailbox in results.withLock { $0.append(mailbox) } }
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
        if pulled.gone.isEmpty, let state = pulled.state {
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

  /// Mailboxes that the source has no longer: all their messages are gone, or moved.
  private func vanishedMailboxes(
    _ tree: ServerTree, _ context: PullContext
  ) throws -> [PulledMailbox] {
    let present = Set(tree.mailboxes.lazy.filter(\.isSelectable).map(\.name))
    return try context.archive.table.records.compactMap { record in
      guard record.isSelectable, !present.contains(record.name) else { return nil }
      let key = context.key(of: record.name)
      let journal = try PullJournal(
        in: context.directory, key: key.hex, mailbox: record.name, readOnly: true)
      var pulled = PulledMailbox(name: record.name, report: MailboxReport(name: record.name))
      pulled.gone = journal.record.messages.values.filter { $0.fate == .held }
        .sorted { $0.uid < $1.uid }.map { GoneMessage(mailbox: record.name, message: $0) }
      if pulled.gone.isEmpty { return nil }
      try context.states.forget(key.hex)
      return pulled
    }
  }

  private func announceFirstPull(_ tree: ServerTree, _ collector: ReportCollector) {
    for mailbox in tree.mailboxes where mailbox.isSelectable {
      observer.planned(PlannedChange(action: .createMailbox, mailbox: mailbox.name))
      var report = MailboxReport(name: mailbox.name)
      report.transferred = Int(mailbox.status?.messages ?? 0)
      report.transferredBytes = Int64(mailbox.status?.size ?? 0)
      if report.transferred > 0 {
        observer.planned(
          PlannedChange(
            action: .transfer, mailbox: mailbox.name, messages: report.transferred,
            bytes: mailbox.status?.size.map { Int64($0) }))
      }
      collector.add(report)
    }
  }
}

extension ServerMailbox {
  /// Whether its status proves that nothing happened since it was left with nothing outstanding.
  fileprivate func isUnchanged(since known: RecordedState) -> Bool {
    guard known.outstanding == 0, let status, let validity = status.uidValidity,
      let uidNext = status.uidNext, let messages = status.messages,
      let modSeq = status.highestModSeq
    else { return false }
    return MailboxState(
      uidValidity: validity, uidNext: uidNext.value, messages: messages, highestModSeq: modSeq
    ).provesUnchanged(since: known.state)
  }
}
