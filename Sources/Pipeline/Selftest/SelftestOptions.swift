package import Clients
package import Mail

/// What a selftest is asked to do.
package struct SelftestOptions: Sendable {
  /// On whose server.
  package let account: ServerAccount
  /// The mailbox that is made for it and removed; nobody may have it.
  package let mailbox: MailboxName
  /// How many times a push is killed.
  package let kills: Int
  /// About how many messages are pushed in all.
  package let messages: Int
  /// What all choices follow from, but for the moments at which a process happens to be hit.
  package let seed: UInt64
  /// How many seconds a push that goes on after a kill waits at least; only for choosing when to kill it.
  package let settleSeconds: Double
  /// The most seconds that are let pass between a kill and the run after it.
  package let mostPause: Double
  /// How often what failed for a passing reason is tried again.
  package let retry: RetryPolicy

  package init(
    account: ServerAccount, mailbox: MailboxName, kills: Int, messages: Int, seed: UInt64,
    settleSeconds: Double, mostPause: Double, retry: RetryPolicy
  ) {
    self.account = account
    self.mailbox = mailbox
    self.kills = kills
    self.messages = messages
    self.seed = seed
    self.settleSeconds = settleSeconds
    self.mostPause = mostPause
    self.retry = retry
  }

  /// What the names of all scratch mailboxes begin with.
  package static let prefix = "mailarc-selftest-"
}
