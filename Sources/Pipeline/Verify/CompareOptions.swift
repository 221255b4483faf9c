package import Clients
package import Stores

/// What a comparison with an account is asked to do.
package struct CompareOptions: Sendable {
  /// What an account is compared with.
  package enum Subject: Sendable {
    /// An archive, or mail that other programs left: its path.
    case mail(String)
    /// A receipt: its file.
    case receipt(String)
  }

  /// What the account is compared with.
  package let subject: Subject
  /// Where state is kept of mail that lies in no archive; nil where nobody knows.
  package let statePath: String?
  /// The dialect in which every foreign mbox is read; nil to go by the evidence in each.
  package let mboxDialect: MboxDialect?
  /// The account.
  package let account: ServerAccount
  /// Whether every message is downloaded, and every file read.
  package let full: Bool
  /// Whether `\Deleted` is compared.
  package let withDeleted: Bool
  /// Where a receipt is written; nil for none.
  package let receipt: String?
  /// How often what failed for a passing reason is tried again.
  package let retry: RetryPolicy

  package init(
    subject: Subject, statePath: String?, mboxDialect: MboxDialect?, account: ServerAccount,
    full: Bool, withDeleted: Bool, receipt: String?, retry: RetryPolicy
  ) {
    self.subject = subject
    self.statePath = statePath
    self.mboxDialect = mboxDialect
    self.account = account
    self.full = full
    self.withDeleted = withDeleted
    self.receipt = receipt
    self.retry = retry
  }
}
