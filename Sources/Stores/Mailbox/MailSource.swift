package import Mail

/// How the mail of a mailbox lies on disk.
package enum MailboxForm: String, Hashable, Sendable {
  /// A directory with `cur`.
  case maildir
  /// One file in one of the mbox dialects, or such a file compressed by gzip.
  case mbox
  /// A directory of files with a message each, such as `.eml` files, or one such file alone.
  case messageFiles
  /// A directory of files whose names are numbers.
  case mh
}

/// A mailbox that a directory or a file holds: its name, and where it is.
package struct MailboxPlace: Hashable, Sendable {
  /// The name that the path stands for.
  package let name: MailboxName
  /// The names from the source's root to the mailbox's directory or file; empty for the root itself.
  package let path: [String]
  /// How its mail lies there.
  package let form: MailboxForm

  /// Makes a place of its parts.
  package init(name: MailboxName, path: [String], form: MailboxForm) {
    self.name = name
    self.path = path
    self.form = form
  }
}

/// The mailboxes that are somewhere on disk.
package struct MailboxTree: Sendable {
  /// Ordered by name; no name comes twice.
  package var mailboxes: [MailboxPlace] = []
  /// What could hold mailboxes and could not be looked into, each with the reason.
  ///
  /// While there is any, a mailbox that is missing may be in it.
  package var unreadable: [String] = []
  /// What lies beside the mailboxes, looks as if it held mail, and is not read: symbolic links and
  /// hidden directories with a `cur`.
  package var passedOver: [String] = []

  /// A tree without mailboxes.
  package init() {}
}

/// Something on disk that holds mailboxes to read: an archive, or what another program left.
///
/// Safe to use from several threads; each mailbox belongs to one thread at a time.
package protocol MailSource: AnyObject, Sendable {
  /// Where it is, as the user gave it.
  var path: String { get }
  /// All mailboxes.
  ///
  /// - Throws: `system` if the place itself can't be read.
  func mailboxes() throws(StoreError) -> MailboxTree
  /// Opens a mailbox that `mailboxes()` found.
  ///
  /// - Throws: `system`, also where it is gone.
  func mailbox(at place: MailboxPlace) throws(StoreError) -> any ReadableMailbox
}
