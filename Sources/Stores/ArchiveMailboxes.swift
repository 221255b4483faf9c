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
    try makeMailbox(name, below: root)
  }

  /// Opens the mailbox in `.mailarc/trash` for what is taken out of a mailbox; made if missing.
  ///
  /// - Throws: `unsuitableName`, `system`.
  package func trashMailbox(_ name: MailboxName) throws(StoreError) -> MaildirMailbox {
    try makeMailbox(name, below: try stored(try state.ensureSubdirectory(Self.trashName)))
  }

  private func makeMailbox(
    _ name: MailboxName, below top: Directory
  ) throws(StoreError) -> MaildirMailbox {
    precondition(context.access == .writing, "the archive was opened for reading")
    let directory = try MailboxPath(name).make(below: top)
    if try stored(try directory.contains("cur")) {
      return try MaildirMailbox(name, in: directory, context: context)
    }
    // `cur` comes last: a directory that has it is a mailbox.
    for part in ["tmp", "new", "cur"] where try !stored(try directory.contains(part)) {
      _ = try stored(try directory.makeSubdirectory(part))
    }
    try stored(try directory.flush())
    let mailbox = try MaildirMailbox(name, in: directory, context: context)
    try mailbox.updatingKeywords { keywords throws(StoreError) in
      try keywords.adoptArchiveLetters()
    }
    return mailbox
  }
}
