package import Mail
import Platform

extension Archive {
  /// The identity of a mailbox's directory; empty where there is no such mailbox.
  ///
  /// - Throws: `system`, `unsuitableName`.
  package func identity(of name: MailboxName) throws(StoreError) -> String {
    guard let directory = try MailboxPath(name).find(below: root),
      try stored(try directory.contains("cur"))
    else { return "" }
    return "\(try stored(try directory.status()).inode)"
  }
}

extension MaildirMailbox {
  /// What tells this mailbox's directory from another one of the same name, such as a restored copy:
  /// one word.
  ///
  /// - Throws: `system`.
  package func identity() throws(StoreError) -> String {
    do { return "\(try directory.status().inode)" } catch { throw .system(error) }
  }
}
