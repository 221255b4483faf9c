import Clients
import Journals
import Mail
import Protocols
import Stores

/// Removes from the target what mailarc put there and the user removed from the archive (`--prune`).
///
/// It comes last, when the archive was read and all that it holds was appended.
struct PruneMailboxes {
  let context: PushContext
  let tree: ServerTree
  let server: AccountConnection
  let board: PruneBoard

  /// What of a mailbox's surplus is removed.
  struct Choice {
    var removable: [IndexEntry] = []
    /// Files in whose place the archive has what is not on the target.
    var needed: [String] = []
    /// Messages that may be somebody else's copies.
    var unsure: [String] = []
    /// The question, if so much is to be removed that it has to be asked.
    var question: (text: String, percent: Int)?
  }

  /// Removes, and ends the reports of the mailboxes.
  ///
  /// - Parameter looked: the mailboxes that the run dealt with.
  func run(_ looked: [MailboxName]) {
    let jobs = board.jobs
    let isWhole = board.isWhole(looked)
    if !jobs.isEmpty, !isWhole, !context.collector.isStopped {
      context.collector.add(
        Notice(
          kind: .other, mailbox: nil,
          text: "nothing was removed from the target: a part of the archive can't be read, "
            + "and what seems to be missing may be there"))
    }
    for job in jobs {
      let reporter = PushReporter(
        job.target.name, collector: context.collector, observer: context.observer)
      reporter.report = job.report
      do {
        if isWhole, !context.collector.isStopped { try prune(job, reporter) }
      } catch {
        let failure = Failure(error, scope: .mailbox)
        if failure.scope == .mailbox {
          context.collector.add(MailboxFailure(mailbox: job.target.name, failure: failure))
        } else {
          context.collector.stop(failure)
        }
      }
      if !job.target.isAbandoned || reporter.report.removed > 0 {
        context.collector.add(reporter.report)
      }
    }
  }

  /// Decides what of a surplus is removed.
  ///
  /// - Parameters:
  ///   - surplus: entries of messages that the archive has no longer.
  ///   - record: the index.
  ///   - percent: how much of what mailarc put into the mailbox may go without being asked.
  ///   - isNeeded: whether what the archive has in its place is not on the target.
  /// - Returns: what is removed, or left and why.
  static func choose(
    _ surplus: [Int], _ record: PushRecord, percent: Int, isNeeded: (IndexEntry) -> Bool
  ) -> Choice {
    var choice = Choice()
    // Of two copies under way to become one, nobody knows yet which one stays.
    let doubled = record.outdated.union(record.replacements.keys)
    for number in surplus {
      guard let entry = record.entries[number], !entry.isGone, !doubled.contains(number) else {
        continue
      }
      if entry.uid == nil || !record.isOwn(entry) {
        choice.unsure.append(entry.source)
      } else if isNeeded(entry) {
        choice.needed.append(entry.source)
      } else {
        choice.removable.append(entry)
      }
    }
    let all = record.entries.values.count { $0.origin == .pushed && !$0.isGone }
    let count = choice.removable.count
    if let limit = PruneLimit(percent: percent).needed(toRemove: count, of: all) {
      choice.question = (
        "\(count) of \(Counted.messages(all)) that mailarc put there are no longer in the archive",
        limit
      )
    }
    return choice
  }

  private func prune(_ job: PruneBoard.Job, _ reporter: PushReporter) throws {
    let name = job.target.name
    let journal = try PushJournal(
      in: context.directory, key: context.key(of: name).hex, mailbox: name,
      readOnly: context.options.dryRun)
    guard !journal.record.isUnsettled else { return }
    let choice = Self.choose(
      job.surplus, journal.record, percent: context.options.pruneLimit,
      isNeeded: board.lacks)
    if !choice.needed.isEmpty {
      reporter.surplus(choice.needed, because: "what the archive has in its place is not there")
    }
    if !choice.unsure.isEmpty {
      reporter.surplus(
        choice.unsure, because: "the mailbox was made anew since, or it may be somebody else's copy"
      )
    }
    if let question = choice.question {
      return reporter.ask(question.text, options: ["--prune-limit \(question.percent)"])
    }
    guard !choice.removable.isEmpty else { return }
    if context.options.dryRun {
      reporter.report.removed = choice.removable.count
      for entry in choice.removable {
        reporter.planned(.remove, messages: 1, uid: entry.uid, file: entry.source)
      }
      return
    }
    try remove(choice.removable, journal, job.target, reporter)
  }

  private func remove(
    _ entries: [IndexEntry], _ journal: PushJournal, _ target: PushTarget,
    _ reporter: PushReporter
  ) throws {
    defer { tell(entries, journal, reporter) }
    let outcome = try server.persist { connection in
      guard let raw = tree.raw(for: target.name, usesUTF8: connection.session.usesUTF8Names)
      else { return RemoveMessages.Outcome() }
      let outcome = try RemoveMessages(
        connection: connection, raw: raw, journal: journal,
        look: StillThere(connection: connection, record: journal.record)
      ).run(entries.map(\.number))
      try connection.leaveMailbox()
      return outcome
    }
    if let words = outcome.refusal {
      reporter.notice(.other, "the server refused to remove messages: \(words)")
    }
    if target.isAbandoned, outcome.left == 0 {
      reporter.notice(
        .other,
        "this mailbox is no longer in the archive; on the target it stays, without a message")
    }
  }

  /// What the index says of the messages by now tells what became of them.
  private func tell(
    _ entries: [IndexEntry], _ journal: PushJournal, _ reporter: PushReporter
  ) {
    let removed = entries.filter { journal.record.entries[$0.number] == nil }
    reporter.report.removed = removed.count
    if !removed.isEmpty { reporter.removed(removed.map(\.source)) }
    let marked = entries.filter { journal.record.marked.contains($0.number) }
    if !marked.isEmpty { reporter.marked(marked.map(\.source)) }
    let rest = entries.filter {
      journal.record.entries[$0.number] != nil && !journal.record.marked.contains($0.number)
    }
    if !rest.isEmpty {
      reporter.surplus(
        rest.map(\.source),
        because: "on the target it is not what was pushed, or "
          + "could not be looked at")
    }
  }
}
