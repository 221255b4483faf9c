package import Mail
import Platform

extension Archive {
  /// Opens a mailbox; nil if there is none of that name.
  ///
  /// - Throws: `system`, `unsuitableName`.
  package func mailbox(_ name: MailboxName) throws(StoreError) -> MaildirMailbox? {
    guard let directory = try MailboxPath(name).find(below: root),
      try stored(try directory.contains("cur"))
    else { return nil }
    return try MaildirMailbox(name, in: directory, context: context)
  }

  /// Opens a mailbox that `mailboxes()` found.
  ///
  /// - Throws: `system`, also where it is gone.
  package func mailbox(at place: ArchiveMailbox) throws(StoreError) -> MaildirMailbox {
    let directory = try stored(try root.openPath(place.path))
    return try MaildirMailbox(place.name, in: directory, context: context)
  }

  /// Opens a mailbox, and makes it if there is none.
  ///
  /// - Throws: `unsuitableName` for a name that is too deep, `system`.
  package func makeMailbox(_ name: MailboxName) throws(StoreError) -> MaildirMailbox {
    precondition(context.access == .writing, "the archive was opened for reading")
    let directory = try MailboxPath(name).make(below: root)
    if try stored(try directory.contains("cur")) {
      return try MaildirMailbox(name, in: directory, context: context)
    }
    for part in ["tmp", "new"] where try !stored(try directory.contains(part)) {
      _ = try stored(try directory.makeSubdirectory(part))
    }
    var keywords = try MailboxKeywords(of: directory, archive: context.keywords)
    try keywords.adoptArchiveLetters()
    // `cur` comes last: a directory that has it is a mailbox.
    Checkpoint.pass("mailbox: before it becomes one")
    _ = try stored(try directory.makeSubdirectory("cur"))
    Checkpoint.pass("mailbox: made")
    try stored(try directory.flush())
    return try MaildirMailbox(name, in: directory, context: context)
  }

  /// Takes away a mailbox's directory that holds no message and nothing of anybody else's, and then
  /// those above it that are left empty and are no mailboxes themselves.
  ///
  /// - Returns: whether it is gone.
  /// - Throws: `system`, `unsuitableName`.
  @discardableResult
  package func removeIfEmpty(_ name: MailboxName) throws(StoreError) -> Bool {
    guard !name.isInbox else { return false }
    guard let directory = try MailboxPath(name).find(below: root) else { return true }
    // What stays a mailbox keeps all its parts: other programs can't read one without `new`.
    for part in ["cur", "new", "tmp"] {
      let place = try storedIfPresent(try directory.openSubdirectory(part))
      if let place, try !stored(try place.entries()).isEmpty { return false }
    }
    // `cur` goes last: as long as the directory has it, it is a mailbox.
    for part in ["new", "tmp", "cur"] {
      do {
        try directory.removeSubdirectory(part)
        Checkpoint.pass("empty mailbox: a part is removed")
      } catch {
        if error.isNotFound { continue }
        guard error.isExists else { throw .system(error) }
        return false
      }
    }
    for file in [MailboxKeywords.lettersFile, MailboxKeywords.extrasFile] {
      _ = try storedIfPresent(try directory.unlink(file))
    }
    Checkpoint.pass("empty mailbox: before its directory is removed")
    let chain = try MailboxPath(name).chain(below: root) ?? []
    for (depth, entry) in chain.enumerated().reversed() {
      let parent = try stored(try root.openPath(Array(chain[..<depth])))
      do {
        try parent.removeSubdirectory(entry)
        try parent.flush()
      } catch {
        if error.isExists { break }
        throw .system(error)
      }
    }
    return true
  }
}
