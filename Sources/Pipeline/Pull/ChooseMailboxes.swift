import Clients
import Journals
import Mail
import Protocols
import Stores

/// Decides which of the source's mailboxes have to be looked at: those whose status does not prove
/// that nothing happened, and those whose directory in the archive is not the one it was; all where it was
/// told what to do about deletions.
struct ChooseMailboxes {
  let context: PullContext

  struct Result {
    /// The mailboxes to look at, the largest first.
    var jobs: [ServerMailbox] = []
    /// The others, in the order of the tree.
    var skipped: [MailboxReport] = []
    /// How many messages may have to be fetched.
    var messages = 0
  }

  func run(_ tree: ServerTree) throws -> Result {
    var result = Result()
    for mailbox in tree.mailboxes where mailbox.isSelectable {
      let known = context.states[context.key(of: mailbox.name).hex]
      if let known, !context.options.refetchDeleted, !context.options.acceptDeletions,
        mailbox.isUnchanged(since: known),
        try context.archive.identity(of: context.home(of: mailbox.name)) == known.archive
      {
        var report = MailboxReport(name: mailbox.name)
        report.skipped = true
        report.alreadyPresent = Int(known.state.messages)
        result.skipped.append(report)
        continue
      }
      result.jobs.append(mailbox)
      let messages = Int(mailbox.status?.messages ?? 0)
      result.messages += max(0, messages - Int(known?.state.messages ?? 0))
    }
    result.jobs.sort { ($0.status?.messages ?? 0) > ($1.status?.messages ?? 0) }
    return result
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
