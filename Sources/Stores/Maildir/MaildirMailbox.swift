import Mail
import Platform

/// One mailbox of an archive: a directory with `cur`, `new` and `tmp`.
///
/// An object belongs to one thread at a time; other threads may have their own for the same mailbox,
/// from the same `Archive`.
final class MaildirMailbox: Mailbox {
  let name: MailboxName
  let directory: Directory
  let cur: Directory
  let context: StoreContext
  let share: MailboxShare
  private var openNew: Directory?
  private var openTmp: Directory?
  private var spareBuffers: [FileBuffer] = []
  /// Whether files of `new` were renamed or removed since it was flushed.
  var hasChangedNew = false
  /// Hashes of the base names that are there, once they are needed.
  var baseNames: Set<Int>?

  /// A mailbox in a directory that has `cur`.
  ///
  /// An archive open for writing clears what a crashed run left in it.
  init(_ name: MailboxName, in directory: Directory, context: StoreContext) throws(StoreError) {
    self.name = name
    self.directory = directory
    self.context = context
    cur = try stored(try directory.openSubdirectory("cur"))
    share = try context.share(of: directory)
    if context.access == .writing {
      try share.cleanOnce { () throws(StoreError) in try removeLeftovers() }
    }
  }

  var path: String { directory.path }
  let damage: [StoreError] = []

  /// The directory `new`; nil where there is none, as in some directories made by hand.
  func newDirectory() throws(StoreError) -> Directory? {
    if let openNew { return openNew }
    openNew = try storedIfPresent(try directory.openSubdirectory("new"))
    return openNew
  }

  /// The directory `tmp`, made if it is missing.
  func tmpDirectory() throws(StoreError) -> Directory {
    if let openTmp { return openTmp }
    requireWriting()
    let tmp = try stored(try directory.ensureSubdirectory("tmp"))
    openTmp = tmp
    return tmp
  }

  func requireWriting() {
    precondition(context.access == .writing, "the archive was opened for reading")
  }

  private func removeLeftovers() throws(StoreError) {
    if let tmp = try storedIfPresent(try directory.openSubdirectory("tmp")) {
      for entry in try stored(try tmp.entries()) where context.isLeftover(entry.bytes) {
        try stored(try tmp.unlink(entry.bytes))
      }
    }
    let unfinished = Array(Directory.unfinishedPrefix.utf8)
    for entry in try stored(try directory.entries())
    where entry.kind == .file && entry.bytes.starts(with: unfinished) {
      try stored(try directory.unlink(entry.bytes))
    }
  }

  /// What letters mean here, read when first needed and at each scan.
  func keywords() throws(StoreError) -> MailboxKeywords {
    try share.withKeywords(reading: readKeywords) { $0 }
  }

  func reloadKeywords() throws(StoreError) -> MailboxKeywords {
    try share.reloadKeywords(readKeywords)
  }

  private func readKeywords() throws(StoreError) -> MailboxKeywords {
    if context.access == .writing {
      try context.keywords.adopt(try MailboxKeywords.readLetters(in: directory).letters)
    }
    return try MailboxKeywords(of: directory, archive: context.keywords)
  }

  /// Runs a step that may change the keyword files.
  func updatingKeywords(
    _ step: (inout MailboxKeywords) throws(StoreError) -> Void
  ) throws(StoreError) {
    try share.withKeywords(reading: readKeywords, step)
  }

  func takeBuffer() -> FileBuffer { spareBuffers.popLast() ?? FileBuffer() }

  func give(back buffer: FileBuffer) {
    if spareBuffers.count < 4 { spareBuffers.append(buffer) }
  }

  func beginDelivery(startsWriteback: Bool) throws(StoreError) -> any Delivery {
    try MaildirDelivery(
      into: self, directory: try tmpDirectory(), temporaryName: context.temporaryName(),
      buffer: takeBuffer(), startsWriteback: startsWriteback)
  }

  func discard(_ prepared: [PreparedDelivery]) {
    guard let tmp = try? tmpDirectory() else { return }
    for delivery in prepared { try? tmp.unlink(delivery.temporaryName) }
  }

  func open(_ message: StoredMessage) throws(StoreError) -> MessageFile {
    let place = try place(of: message)
    if let file = try storedIfPresent(try place.openFile(message.name)) {
      return try messageFile(file, path: place.path(of: message.name))
    }
    guard let moved = try find(baseName: message.baseName) else {
      throw .notFound(place.path(of: message.name))
    }
    let newPlace = try self.place(of: moved)
    let file = try stored(try newPlace.openFile(moved.name))
    return try messageFile(file, path: newPlace.path(of: moved.name))
  }

  func messageFile(
    _ file: consuming FileDescriptor, path: String
  ) throws(StoreError) -> MessageFile {
    MessageFile(try PlainFileBytes(file, path: path), buffer: takeBuffer()) {
      self.give(back: $0)
    }
  }

  /// The message's internal date: what a name of mailarc's says, else the modification time.
  ///
  /// - Throws: `notFound` if the file is gone, `system`.
  func internalDate(of message: StoredMessage) throws(StoreError) -> InternalDate {
    if let date = message.namedDate { return date }
    let place = try place(of: message)
    if let status = try storedIfPresent(try place.status(of: message.name)) {
      return InternalDate(epochSeconds: status.modifiedSeconds)
    }
    guard let moved = try find(baseName: message.baseName) else {
      throw .notFound(place.path(of: message.name))
    }
    let newPlace = try self.place(of: moved)
    let status = try stored(try newPlace.status(of: moved.name))
    return InternalDate(epochSeconds: status.modifiedSeconds)
  }

  func path(of message: StoredMessage) -> String {
    "\(path)/\(message.place.directoryName)\(message.displayName)"
  }

  func place(of message: StoredMessage) throws(StoreError) -> Directory {
    if message.place == .cur { return cur }
    guard let new = try newDirectory() else { throw .notFound(path(of: message)) }
    return new
  }

  func identity() throws(StoreError) -> String {
    do { return "\(try directory.status().inode)" } catch { throw .system(error) }
  }

  func explanation() throws(StoreError) -> String { "Maildir: it has a directory cur" }

  func flush() throws(StoreError) {
    try stored(try cur.flush())
    guard hasChangedNew, let new = try newDirectory() else { return }
    try stored(try new.flush())
    hasChangedNew = false
  }
}
