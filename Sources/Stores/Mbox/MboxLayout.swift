import Mail
import Platform

/// One file for each mailbox, `Work.mbox` beside the directory `Work` of those below it: the layouts
/// `mbox` and `mbox.gz`.
struct MboxLayout: ArchiveLayout {
  let root: Directory
  let compression: MboxStore.Compression

  /// What the files' names end in.
  var suffix: String { compression == .none ? MboxFileName.plain : MboxFileName.compressed }

  func tree() throws(StoreError) -> MailboxTree {
    try MboxWalk.tree(of: root, suffix: suffix, otherSuffix: otherSuffix)
  }

  private var otherSuffix: String {
    compression == .none ? MboxFileName.compressed : MboxFileName.plain
  }

  private func directory(above name: MailboxName) throws(StoreError) -> MailboxPath {
    try MailboxPath(
      name, components: name.components.dropLast().map(MboxFileName.escaped))
  }

  /// The mailbox's directory and file; nil if there is none.
  private func find(
    _ name: MailboxName
  ) throws(StoreError) -> (directory: Directory, file: String)? {
    if let directory = try directory(above: name).find(below: root) {
      for file in try MboxFileName.files(for: name, suffix) {
        if try isThere(file, in: directory) { return (directory, file) }
      }
    }
    // Somebody may have written it otherwise: `inbox.mbox`, or with control characters.
    guard name.isInbox || name.components.contains(where: MboxFileName.hasOtherForms),
      let place = try tree().mailboxes.first(where: { $0.name == name }),
      let file = place.path.last
    else { return nil }
    return (try stored(try root.openPath(Array(place.path.dropLast()))), file)
  }

  private func isThere(_ file: String, in directory: Directory) throws(StoreError) -> Bool {
    guard let status = try storedIfPresent(try directory.status(of: file)), status.kind == .file
    else { return false }
    return try MailboxPath.isNamed(file, inode: status.inode, in: directory)
  }

  func mailbox(
    _ name: MailboxName, _ context: StoreContext
  ) throws(StoreError) -> (any Mailbox)? {
    guard let (directory, file) = try find(name) else { return nil }
    return try MboxStore(name, in: directory, file, of: self, context: context)
  }

  func mailbox(
    at place: MailboxPlace, _ context: StoreContext
  ) throws(StoreError) -> any Mailbox {
    guard let file = place.path.last else { throw .notFound(root.path) }
    let directory = try stored(try root.openPath(Array(place.path.dropLast())))
    guard try stored(try directory.status(of: file)).kind == .file else {
      throw .notFound(directory.path(of: file))
    }
    return try MboxStore(place.name, in: directory, file, of: self, context: context)
  }

  func makeMailbox(
    _ name: MailboxName, _ context: StoreContext
  ) throws(StoreError) -> any Mailbox {
    if let found = try mailbox(name, context) { return found }
    let directory = try directory(above: name).make(below: root)
    for file in try MboxFileName.files(for: name, suffix) {
      do {
        let made = try stored(try directory.createFile(file, exclusive: true)).status().inode
        guard try MailboxPath.isNamed(file, inode: made, in: directory) else {
          try stored(try directory.unlink(file))
          continue
        }
      } catch let error as StoreError {
        // Another worker may have made it meanwhile. Else, if it exists, it does so under a name that
        // is not this one.
        guard case .system(let cause) = error, cause.isExists || cause.refusesName else {
          throw error
        }
        guard try isThere(file, in: directory) else { continue }
      } catch let error as SystemError {
        throw .system(error)
      } catch {
        continue
      }
      Checkpoint.pass("mailbox: made")
      try stored(try directory.flush())
      return try MboxStore(name, in: directory, file, of: self, context: context)
    }
    throw .unsuitableName(
      name.description, reason: "the file system takes its file for another one")
  }

  func identity(of name: MailboxName) throws(StoreError) -> String {
    guard let (directory, _) = try find(name) else { return "" }
    return "\(try stored(try directory.status()).inode)"
  }

  func removeIfEmpty(_ name: MailboxName) throws(StoreError) -> Bool {
    if let (directory, file) = try find(name) {
      guard try removeIfEmpty(file, in: directory) else { return false }
    } else {
      // A run that was killed may have removed the file and nothing else.
      try clearLocks(of: name)
    }
    try self.directory(above: name).removeEmpty(below: root)
    return true
  }

  private func removeIfEmpty(
    _ file: String, in directory: Directory
  ) throws(StoreError) -> Bool {
    guard try stored(try directory.status(of: file)).size == 0 else { return false }
    let lock = try MboxLock(directory, file, patience: MboxLock.patience)
    defer { lock.release() }
    guard try stored(try lock.file.status()).size == 0 else { return false }
    try stored(try directory.unlink(file))
    Checkpoint.pass("empty mailbox: before its directory is removed")
    lock.release()
    try stored(try directory.flush())
    return true
  }

  private func clearLocks(of name: MailboxName) throws(StoreError) {
    guard let directory = try directory(above: name).find(below: root) else { return }
    for file in try MboxFileName.files(for: name, suffix) {
      try DotLock.clear(in: directory, file + ".lock")
    }
  }

  /// The content of a mailbox; nil if there is none of that name.
  func source(of name: MailboxName) throws(StoreError) -> (any MboxSource)? {
    guard let (directory, file) = try find(name) else { return nil }
    return try source(file, in: directory)
  }

  /// The content of a file.
  func source(_ name: String, in directory: Directory) throws(StoreError) -> any MboxSource {
    let path = directory.path(of: name)
    guard let file = try storedIfPresent(try directory.openFile(name)) else {
      throw .notFound(path)
    }
    return switch compression {
    case .none: PlainMboxSource(file, path: path)
    case .gzip: GzipMboxSource(file, path: path)
    }
  }

  // No letters: keywords stand in the messages.
  func gatherLetters(into letters: inout KeywordLetters) throws(StoreError) {}

  func forEachOrigin(_ body: (MailboxKey) -> Bool) throws(StoreError) {
    for place in try tree().mailboxes {
      guard let name = place.path.last else { continue }
      let directory = try stored(try root.openPath(Array(place.path.dropLast())))
      let source = try source(name, in: directory)
      for message in MboxNames.messages(of: MboxScan(source, forced: nil).splitter) {
        if let key = message.origin?.mailboxKey, !body(key) { return }
      }
    }
  }
}
