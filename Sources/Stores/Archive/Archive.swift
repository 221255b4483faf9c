import Glibc
import Mail
package import Platform

/// A directory that mailarc keeps mail in.
///
/// Safe to use from several threads; each mailbox belongs to one thread at a time.
package final class Archive: Sendable {
  /// What an archive is opened for.
  package enum Access: Sendable {
    /// Changes nothing, not even the state.
    case reading
    /// The same, and no run writes meanwhile.
    case readingUndisturbed
    /// Takes the archive's lock for as long as it is open.
    case writing
  }

  static let stateName = ".mailarc"
  static let lockName = "lock"

  /// What `.mailarc/archive` says.
  package let identity: ArchiveIdentity
  /// The directory with the mailboxes.
  package let root: Directory
  /// The directory `.mailarc` in it.
  package let state: Directory
  /// The mailboxes of the source.
  package let table: MailboxTable
  let context: StoreContext
  let layout: any ArchiveLayout
  private let lock: FileLock?

  init(
    root: Directory, state: Directory, identity: ArchiveIdentity, table: MailboxTable,
    keywords: ArchiveKeywords, lock: consuming FileLock?, access: Access
  ) {
    self.identity = identity
    self.root = root
    self.state = state
    self.table = table
    layout = identity.layout.mailboxes(below: root)
    context = StoreContext(state: state, keywords: keywords, access: access)
    self.lock = lock
  }

  convenience init(
    root: Directory, state: Directory, identity: ArchiveIdentity, lock: consuming FileLock?,
    access: Access
  ) throws(StoreError) {
    let table = try MailboxTable(in: state)
    let layout = identity.layout.mailboxes(below: root)
    self.init(
      root: root, state: state, identity: identity, table: table,
      keywords: try Self.keywords(layout, state: state, access: access), lock: lock,
      access: access)
  }

  /// Opens an archive.
  ///
  /// - Throws: `notFound`, `notAnArchive`, `newerFormat`, `unsupportedLayout`, `damaged`; where others
  ///   may not write also `locked`; for writing also `unfinished`; `system`.
  package static func open(path: String, for access: Access) throws(StoreError) -> Archive {
    let root = try openRoot(path)
    guard let state = try storedIfPresent(try root.openSubdirectory(stateName)) else {
      throw .notAnArchive(path)
    }
    // Before the lock, which would make a file in a directory that is no archive.
    guard let identity = try ArchiveIdentity(in: state) else { throw .notAnArchive(path) }
    let lock = try takeLock(in: state, for: access)
    if access == .writing {
      if let record = try ConversionRecord(in: state), !record.isComplete {
        throw .unfinished(path)
      }
      try removeUnfinished(in: state)
    }
    return try Archive(root: root, state: state, identity: identity, lock: lock, access: access)
  }

  /// Makes an archive and opens it for writing.
  ///
  /// A directory that exists must be empty, or hold nothing but the beginnings of an archive that a
  /// crash left, or mail that mailarc fetched from that account, whose state was lost. Its parent must
  /// exist.
  /// - Parameters:
  ///   - path: where.
  ///   - account: the source account: user and domain.
  ///   - layout: how a new archive keeps its mailboxes.
  /// - Returns: the archive, locked; the one that is there if there is one, whatever its account and
  ///   layout.
  /// - Throws: `notAnArchive` for a directory with other things in it, `locked`, `system`.
  package static func create(
    path: String, account: String, layout: ArchiveIdentity.Layout
  ) throws(StoreError) -> Archive {
    try requireRoom(path: path, account: account, layout: layout)
    return try openOrMake(path: path, account: account, layout: layout) { _ in
      Checkpoint.pass("archive: begun")
    }
  }

  /// Opens the archive for writing that is there, or makes one.
  ///
  /// - Parameters:
  ///   - path: where.
  ///   - account: that of a new one.
  ///   - layout: that of a new one.
  ///   - prepare: puts into the state directory what has to be there before a new archive is one.
  /// - Returns: the archive, locked.
  /// - Throws: `locked`, `damaged`, `system`, and what `prepare` throws.
  static func openOrMake(
    path: String, account: String, layout: ArchiveIdentity.Layout,
    prepare: (Directory) throws(StoreError) -> Void
  ) throws(StoreError) -> Archive {
    let root = try stored(try Directory.ensure(path: path))
    let state = try stored(try root.ensureSubdirectory(stateName))
    let lock = try takeLock(in: state)
    try removeUnfinished(in: state)
    if let identity = try ArchiveIdentity(in: state) {
      return try Archive(
        root: root, state: state, identity: identity, lock: lock, access: .writing)
    }
    try prepare(state)
    // The identity comes last: with it, the archive is complete.
    try keywords(layout.mailboxes(below: root), state: state, access: .writing).save()
    let identity = ArchiveIdentity(layout: layout, account: account)
    try identity.write(in: state)
    return try Archive(root: root, state: state, identity: identity, lock: lock, access: .writing)
  }

  static func holdsMail(
    of account: String, _ layout: any ArchiveLayout
  ) throws(StoreError) -> Bool {
    let keys = Set(
      try layout.tree().mailboxes.map { MailboxKey(account: account, mailbox: $0.name) })
    var holds = false
    try layout.forEachOrigin { key in
      holds = keys.contains(key)
      return !holds
    }
    return holds
  }

  /// Whether there is an archive at that path.
  ///
  /// - Throws: `system` where that can't be seen.
  package static func exists(path: String) throws(StoreError) -> Bool {
    guard let root = try storedIfPresent(try Directory.open(path: path)),
      let state = try storedIfPresent(try root.openSubdirectory(stateName))
    else { return false }
    return try stored(try state.contains(ArchiveIdentity.fileName))
  }

  /// Makes sure that an archive could be made, or is, at that path.
  ///
  /// - Throws: `notAnArchive` for a file, and for a directory with other things in it; `system`.
  package static func requireRoom(
    path: String, account: String, layout: ArchiveIdentity.Layout
  ) throws(StoreError) {
    guard let root = try existingRoot(path) else { return }
    // What mkfs leaves is no content.
    let isEmpty = try stored(try root.entries()).allSatisfy {
      $0.name == stateName || $0.name == "lost+found"
    }
    if !isEmpty, try !exists(path: path), try !holdsMail(of: account, layout.mailboxes(below: root))
    {
      throw .notAnArchive(path)
    }
  }

  /// The directory at that path; nil where there is nothing.
  ///
  /// - Throws: `notAnArchive` for a file, `system`.
  static func existingRoot(_ path: String) throws(StoreError) -> Directory? {
    do {
      return try Directory.open(path: path)
    } catch {
      if error.errno == ENOTDIR { throw .notAnArchive(path) }
      if error.isNotFound { return nil }
      throw .system(error)
    }
  }

  /// Makes sure that the archive belongs to an account.
  ///
  /// - Throws: `otherAccount`.
  package func require(account: String) throws(StoreError) {
    guard account.utf8.elementsEqual(identity.account.utf8) else {
      throw .otherAccount(archive: identity.account, asked: account)
    }
  }

  static func takeLock(
    in state: Directory, for access: Access
  ) throws(StoreError) -> FileLock? {
    switch access {
    case .reading: return nil
    case .writing: return try takeLock(in: state)
    case .readingUndisturbed:
      do {
        return try FileLock(sharedIn: state, lockName)
      } catch {
        if case .held(let process) = error { throw .locked(by: process) }
        // Where the lock is lost, or somebody else's, nobody holds it who could be kept out by it.
        return nil
      }
    }
  }

  static func openRoot(_ path: String) throws(StoreError) -> Directory {
    do {
      return try Directory.open(path: path)
    } catch  where error.isNotFound {
      throw .notFound(path)
    } catch {
      throw .system(error)
    }
  }

  static func takeLock(in state: Directory) throws(StoreError) -> FileLock {
    do {
      return try FileLock(in: state, lockName)
    } catch {
      switch error {
      case .held(let process): throw .locked(by: process)
      case .failed(let error): throw .system(error)
      }
    }
  }

  static func removeUnfinished(in state: Directory) throws(StoreError) {
    let prefix = Array(Directory.unfinishedPrefix.utf8)
    for entry in try stored(try state.entries()) where entry.bytes.starts(with: prefix) {
      try stored(try state.unlink(entry.bytes))
    }
  }

  // A lost table is gathered from the mailboxes' own files: what most of them say anyhow.
  static func keywords(
    _ layout: any ArchiveLayout, state: Directory, access: Access
  ) throws(StoreError) -> ArchiveKeywords {
    if let keywords = try ArchiveKeywords(in: state) { return keywords }
    var letters = KeywordLetters()
    try layout.gatherLetters(into: &letters)
    let keywords = ArchiveKeywords(in: state, startingWith: letters)
    if access == .writing { try keywords.save() }
    return keywords
  }
}
