package import Mail
import Platform

extension Archive: MailSource {
  /// The directory's path, as it was given.
  package var path: String { root.path }

  /// All mailboxes, those included that somebody made by hand.
  ///
  /// - Throws: `system` if the archive's directory can't be read.
  package func mailboxes() throws(StoreError) -> MailboxTree { try layout.tree() }

  /// Opens a mailbox that `mailboxes()` found.
  ///
  /// - Throws: `system`, also where it is gone.
  package func mailbox(at place: MailboxPlace) throws(StoreError) -> any ReadableMailbox {
    try layout.mailbox(at: place, context)
  }

  /// Opens a mailbox; nil if there is none of that name.
  ///
  /// - Throws: `system`, `unsuitableName`.
  package func mailbox(_ name: MailboxName) throws(StoreError) -> (any Mailbox)? {
    try layout.mailbox(name, context)
  }

  /// Opens a mailbox, and makes it if there is none.
  ///
  /// - Throws: `unsuitableName` for a name that the layout can't hold, `system`.
  package func makeMailbox(_ name: MailboxName) throws(StoreError) -> any Mailbox {
    precondition(context.access == .writing, "the archive was opened for reading")
    return try layout.makeMailbox(name, context)
  }

  /// The identity of a mailbox; empty where there is no such mailbox.
  ///
  /// - Throws: `system`, `unsuitableName`.
  package func identity(of name: MailboxName) throws(StoreError) -> String {
    try layout.identity(of: name)
  }

  /// Takes away a mailbox that holds no message and nothing of anybody else's, and then the
  /// directories above it that are left empty and are no mailboxes themselves.
  ///
  /// - Returns: whether it is gone.
  /// - Throws: `system`, `unsuitableName`.
  @discardableResult
  package func removeIfEmpty(_ name: MailboxName) throws(StoreError) -> Bool {
    guard !name.isInbox else { return false }
    return try layout.removeIfEmpty(name)
  }
}
