import Mail
import Pipeline

extension MailboxReport {
  /// Whether something was done in the mailbox, or has to be said about it.
  var hasChanges: Bool {
    transferred + flagsUpdated + moved + removed + datesFixed + goneAtSource + goneOnTarget
      + deletedByHand + collapsed > 0
  }
}

extension RunReport {
  /// The counts of all mailboxes together; its name says nothing.
  var totals: MailboxReport {
    mailboxes.reduce(into: MailboxReport(name: .inbox)) { sum, mailbox in
      sum.transferred += mailbox.transferred
      sum.transferredBytes += mailbox.transferredBytes
      sum.alreadyPresent += mailbox.alreadyPresent
      sum.flagsUpdated += mailbox.flagsUpdated
      sum.moved += mailbox.moved
      sum.removed += mailbox.removed
      sum.datesFixed += mailbox.datesFixed
      sum.goneAtSource += mailbox.goneAtSource
      sum.goneOnTarget += mailbox.goneOnTarget
      sum.deletedByHand += mailbox.deletedByHand
      sum.collapsed += mailbox.collapsed
    }
  }
}
