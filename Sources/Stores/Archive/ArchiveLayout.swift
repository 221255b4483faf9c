import Mail
import Platform

/// How the mailboxes of an archive lie on disk.
///
/// Names come from users and servers; no implementation takes one for a path.
protocol ArchiveLayout: Sendable {
  /// All mailboxes, those included that somebody made by hand.
  ///
  /// - Throws: `system` if the archive's directory can't be read.
  func tree() throws(StoreError) -> MailboxTree
  /// Opens a mailbox; nil if there is none of that name.
  ///
  /// - Throws: `system`, `unsuitableName`.
  func mailbox(_ name: MailboxName, _ context: StoreContext) throws(StoreError) -> (any Mailbox)?
  /// Opens a mailbox that `tree()` found.
  ///
  /// - Throws: `system`, also where it is gone.
  func mailbox(at place: MailboxPlace, _ context: StoreContext) throws(StoreError) -> any Mailbox
  /// Opens a mailbox, and makes it if there is none.
  ///
  /// - Throws: `unsuitableName`, `system`.
  func makeMailbox(_ name: MailboxName, _ context: StoreContext) throws(StoreError) -> any Mailbox
  /// The same as the mailbox's `identity()`; empty where there is no such mailbox.
  ///
  /// - Throws: `system`, `unsuitableName`.
  func identity(of name: MailboxName) throws(StoreError) -> String
  /// Takes away a mailbox that holds no message and nothing of anybody else's.
  ///
  /// - Returns: whether it is gone.
  /// - Throws: `system`, `unsuitableName`.
  func removeIfEmpty(_ name: MailboxName) throws(StoreError) -> Bool
  /// Adds to a table what the mailboxes' own files say of letters for keywords.
  ///
  /// - Throws: `system`.
  func gatherLetters(into letters: inout KeywordLetters) throws(StoreError)
  /// Calls the closure with the source mailbox of every message that names one, until it returns
  /// false.
  ///
  /// - Throws: `system`.
  func forEachOrigin(_ body: (MailboxKey) -> Bool) throws(StoreError)
}

extension ArchiveIdentity.Layout {
  /// The layout of the mailboxes below a directory.
  func mailboxes(below root: Directory) -> any ArchiveLayout {
    switch self {
    case .maildir: MaildirLayout(root: root)
    case .maildirPlusPlus: MaildirPlusPlusLayout(root: root)
    case .mbox: MboxLayout(root: root, compression: .none)
    case .mboxGzip: MboxLayout(root: root, compression: .gzip)
    }
  }
}
