import Platform

extension MaildirMailbox {
  /// What tells this mailbox's directory from another one of the same name, such as a restored copy:
  /// one word.
  ///
  /// - Throws: `system`.
  package func identity() throws(StoreError) -> String {
    do { return "\(try directory.status().inode)" } catch { throw .system(error) }
  }
}
