import Journals
import Mail

/// Tells what the plan for one mailbox says, and in a dry run what would be done.
struct TellPlan {
  let target: PushTarget
  let side: ArchiveSide
  let journal: PushJournal
  let reporter: PushReporter
  /// Whether what the archive has no longer is dealt with later.
  let prunes: Bool

  /// What is there, and what is left alone.
  func take(_ plan: PlanPush.Plan) {
    reporter.report.alreadyPresent = plan.alreadyPresent - reporter.report.transferred
    reporter.report.goneOnTarget = plan.goneOnTarget
    if !prunes {
      let surplus = plan.surplus.map { journal.record.entries[$0]?.source ?? "" }
        .filter { !target.wouldMove.contains($0) }
      if !surplus.isEmpty { reporter.surplus(surplus) }
    }
    for place in plan.refused {
      let message = side.messages[place]
      reporter.refused(
        side.path(of: message),
        PushReporter.words(journal.record.refused[message.digest] ?? ""))
    }
  }

  /// Flags of the archive that the target does not keep.
  func tellLostFlags(_ flags: TargetFlags) {
    var lost = Flags()
    var count = 0
    for message in side.messages {
      let missing = flags.lost(of: message.flags)
      if missing.isEmpty { continue }
      lost = lost.union(missing)
      count += 1
    }
    if count > 0 {
      reporter.notice(
        .flagsNotKept,
        "the server does not keep \(lost), which \(Counted.messages(count)) "
          + Counted.word(count, "has", "have"))
    }
  }

  /// What would be done in a mailbox that the target has not.
  func announceNew(_ plan: PlanPush.Plan) {
    reporter.planned(.createMailbox)
    if target.isSubscribed { reporter.planned(.subscribe) }
    announceTransfer(plan)
  }

  /// What would be sent.
  func announceTransfer(_ plan: PlanPush.Plan) {
    for place in plan.toSend where !target.wouldMove.contains(side.messages[place].source) {
      let message = side.messages[place]
      reporter.report.transferred += 1
      reporter.report.transferredBytes += message.size
      reporter.planned(
        .transfer, messages: 1, bytes: message.size, file: side.path(of: message))
    }
  }

  /// Of how many messages flags would change.
  func announceFlags(_ count: Int) {
    reporter.report.flagsUpdated = count
    if count > 0 { reporter.planned(.updateFlags, messages: count) }
  }
}
