import Clients
import Journals
import Mail
import Protocols
import Stores

extension PullPipeline {
  /// Pulls over POP3, which gives INBOX and nothing of the other mailboxes: what is known of these stays.
  func pullMaildrop(_ existing: Archive?, _ collector: ReportCollector) throws {
    let server = MaildropConnection(
      account: options.source, interruption: interruption, retry: options.retry,
      onWait: observer.waits)
    defer { server.logout() }
    let count = Int(try server.persist { try $0.status() }.count)
    if existing == nil, options.dryRun {
      try announceFirst(count, server, collector)
      return
    }
    let run = try begin(existing, collector) {
      guard $0.table[.inbox] == nil else { return }
      $0.table.update(
        MailboxRecord(
          name: .inbox, archiveName: .inbox, specialUses: [], isSubscribed: false,
          isSelectable: true))
      try $0.saveTable(dryRun: options.dryRun)
    }
    let context = run.context
    let known = context.states[context.key(of: .inbox).hex]
    tell(count, known, collector)
    observer.plan(
      totalMessages: max(0, count - Int(known?.state.messages ?? 0)), bytes: nil)
    let others = context.archive.table.records.map(\.name).filter { $0 != .inbox }
    let pulled: PulledMailbox
    do {
      let maildrop = try PullMaildrop(context: context, server: server)
      pulled = try maildrop.run()
      if let dates = maildrop.dates {
        collector.add(Notice(kind: .datesNotKept, mailbox: .inbox, text: dates))
      }
    } catch {
      let failure = Failure(error, scope: .mailbox)
      guard failure.scope == .mailbox else { throw failure }
      collector.add(MailboxFailure(mailbox: .inbox, failure: failure))
      return
    }
    if pulled.isClear, !options.dryRun, let state = pulled.state {
      try context.states.record(state, for: context.key(of: .inbox).hex)
    }
    // Where there are other mailboxes, what is gone from INBOX may be in one of them.
    try conclude(
      run, [pulled], skipped: [], present: Set(others + [.inbox]),
      isComplete: others.isEmpty && pulled.isSettled && pulled.isWhole,
      isWhole: others.isEmpty && pulled.isWhole)
  }

  private func announceFirst(
    _ count: Int, _ server: MaildropConnection, _ collector: ReportCollector
  ) throws {
    observer.planned(PlannedChange(action: .createMailbox, mailbox: .inbox))
    tell(count, nil, collector)
    var report = MailboxReport(name: .inbox)
    report.transferred = count
    if count > 0 {
      let octets = try server.persist { try $0.status() }.octets
      report.transferredBytes = Int64(clamping: octets)
      observer.planned(
        PlannedChange(
          action: .transfer, mailbox: .inbox, messages: count, bytes: report.transferredBytes))
    }
    collector.add(report)
  }

  /// Says what POP3 does not give, once, and that a source is empty.
  private func tell(_ count: Int, _ known: RecordedState?, _ collector: ReportCollector) {
    func add(_ text: String) {
      collector.add(Notice(kind: .other, mailbox: .inbox, text: text))
    }
    let isFirst = known?.state.uidValidity != .maildrop
    if isFirst {
      add("POP3 gives only INBOX, without flags and other mailboxes" + (imapHint ?? ""))
    }
    TellEmptySource(collector: collector, mailbox: .inbox, prunes: options.prune)
      .run(messages: count, before: isFirst ? nil : known.map { Int($0.state.messages) })
  }

  /// Where the same server gives all of it, if it does.
  private var imapHint: String? {
    AskForIMAP(account: options.source, interruption: interruption).run().map {
      "; the same server answers IMAP on port \($0), which gives all of it"
    }
  }
}
