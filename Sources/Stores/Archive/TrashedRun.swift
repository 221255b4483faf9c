package import Mail
import Platform

/// What one run put into an archive's trash.
package final class TrashedRun: MailSource {
  /// When it did.
  package let date: InternalDate
  let root: Directory
  private let name: String
  private let trash: Directory
  private let layout: MaildirLayout
  private let context: StoreContext

  init(
    date: InternalDate, name: String, in trash: Directory, root: Directory, context: StoreContext
  ) {
    self.date = date
    self.name = name
    self.trash = trash
    self.root = root
    self.context = context
    layout = MaildirLayout(root: root)
  }

  /// Where it is.
  package var path: String { root.path }

  /// The mailboxes of the archive from which there are messages.
  ///
  /// - Throws: `system`.
  package func mailboxes() throws(StoreError) -> MailboxTree { try layout.tree() }

  /// Opens a mailbox that `mailboxes()` found.
  ///
  /// - Throws: `system`, also where it is gone.
  package func mailbox(at place: MailboxPlace) throws(StoreError) -> any ReadableMailbox {
    try box(at: place)
  }

  /// Opens a mailbox that `mailboxes()` found, to take messages out of it.
  ///
  /// - Throws: `system`, also where it is gone.
  package func box(at place: MailboxPlace) throws(StoreError) -> any Mailbox {
    try layout.mailbox(at: place, context)
  }

  /// Takes away what holds no message any more: mailboxes, and then the run's own directory.
  ///
  /// What others put there stays.
  /// - Returns: whether nothing of it is left.
  /// - Throws: `system`.
  @discardableResult
  package func removeEmpty() throws(StoreError) -> Bool {
    for place in try mailboxes().mailboxes { _ = try layout.removeIfEmpty(place.name) }
    do {
      try trash.removeSubdirectory(name)
      try trash.flush()
      return true
    } catch {
      guard error.isExists else { throw .system(error) }
      return false
    }
  }
}
