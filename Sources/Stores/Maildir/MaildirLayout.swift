import Mail
import Platform

/// Nested directories, each with `cur`, `new` and `tmp`: the layout `maildir`.
struct MaildirLayout: ArchiveLayout {
  let root: Directory

  func tree() throws(StoreError) -> MailboxTree { try MailboxWalk.tree(of: root) }

  func mailbox(
    _ name: MailboxName, _ context: StoreContext
  ) throws(StoreError) -> (any Mailbox)? {
    guard let directory = try MailboxPath(name).find(below: root),
      try stored(try directory.contains("cur"))
    else { return nil }
    return try MaildirMailbox(name, in: directory, context: context)
  }

  func mailbox(
    at place: MailboxPlace, _ context: StoreContext
  ) throws(StoreError) -> any Mailbox {
    let directory = try stored(try root.openPath(place.path))
    return try MaildirMailbox(place.name, in: directory, context: context)
  }

  func makeMailbox(
    _ name: MailboxName, _ context: StoreContext
  ) throws(StoreError) -> any Mailbox {
    let directory = try MailboxPath(name).make(below: root)
    return try MaildirMailbox.make(name, in: directory, context: context)
  }

  func identity(of name: MailboxName) throws(StoreError) -> String {
    guard let directory = try MailboxPath(name).find(below: root),
      try stored(try directory.contains("cur"))
    else { return "" }
    return "\(try stored(try directory.status()).inode)"
  }

  func removeIfEmpty(_ name: MailboxName) throws(StoreError) -> Bool {
    guard let directory = try MailboxPath(name).find(below: root) else { return true }
    guard try MaildirMailbox.emptyOut(directory) else { return false }
    Checkpoint.pass("empty mailbox: before its directory is removed")
    try MailboxPath(name).removeEmpty(below: root)
    return true
  }

  func gatherLetters(into letters: inout KeywordLetters) throws(StoreError) {
    try Self.gatherLetters(of: try tree(), below: root, into: &letters)
  }

  func forEachOrigin(_ body: (MailboxKey) -> Bool) throws(StoreError) {
    try Self.forEachOrigin(of: try tree(), below: root, body)
  }

  static func gatherLetters(
    of tree: MailboxTree, below root: Directory, into letters: inout KeywordLetters
  ) throws(StoreError) {
    for mailbox in tree.mailboxes {
      let directory = try stored(try root.openPath(mailbox.path))
      letters.fill(from: try MailboxKeywords.readLetters(in: directory).letters)
    }
  }

  static func forEachOrigin(
    of tree: MailboxTree, below root: Directory, _ body: (MailboxKey) -> Bool
  ) throws(StoreError) {
    for mailbox in tree.mailboxes {
      let directory = try stored(try root.openPath(mailbox.path))
      let cur = try stored(try directory.openSubdirectory("cur"))
      var stream = try stored(try cur.stream())
      while let entry = try stored(try stream.next()) {
        if let key = MaildirName(entry.bytes).origin?.mailboxKey, !body(key) { return }
      }
    }
  }
}

extension MaildirMailbox {
  /// Opens a mailbox in a directory, and makes what it lacks to be one.
  static func make(
    _ name: MailboxName, in directory: Directory, context: StoreContext
  ) throws(StoreError) -> MaildirMailbox {
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

  /// Takes away what makes a directory a mailbox, if it holds no message.
  ///
  /// - Returns: whether it is a mailbox no more.
  static func emptyOut(_ directory: Directory) throws(StoreError) -> Bool {
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
    return true
  }
}
