import Mail
import Platform

/// One mailbox of an archive: an mbox file, or one that gzip compressed.
///
/// Everything is written under the locks of mail programs. An object belongs to one thread at a time;
/// other threads may have their own for the same mailbox, from the same `Archive`.
final class MboxStore: Mailbox {
  /// Whether files are compressed.
  enum Compression: Sendable {
    case none
    case gzip
  }

  let name: MailboxName
  /// Where the file is.
  let directory: Directory
  /// The file's name.
  let fileName: String
  let compression: Compression
  let context: StoreContext
  /// Finds the other mailboxes.
  let layout: MboxLayout
  let share: MboxShare
  /// How long to wait for other programs' locks, in milliseconds.
  var lockPatience = MboxLock.patience
  private var spareSpools: [MboxSpool] = []
  private var spareBuffers: [FileBuffer] = []
  private var kept: (source: any MboxSource, status: FileStatus)?

  /// A mailbox in a file that exists.
  ///
  /// An archive open for writing first puts in order what a crashed run left.
  init(
    _ name: MailboxName, in directory: Directory, _ fileName: String, of layout: MboxLayout,
    context: StoreContext
  ) throws(StoreError) {
    self.name = name
    self.directory = directory
    self.fileName = fileName
    self.layout = layout
    compression = layout.compression
    self.context = context
    share = try context.mboxShare(of: directory, fileName)
    if context.access == .writing {
      try share.exclusively { state throws(StoreError) in
        if state.isRecovered { return }
        try self.recover(&state)
        state.isRecovered = true
      }
    }
  }

  var path: String { directory.path(of: fileName) }

  var damage: [StoreError] {
    (try? share.exclusively { state throws(StoreError) in state.damage }) ?? []
  }

  /// Tells this mailbox's state files from those of others.
  var key: String { MailboxKey(account: "", mailbox: name).hex }

  func requireWriting() {
    precondition(context.access == .writing, "the archive was opened for reading")
  }

  func takeBuffer() -> FileBuffer { spareBuffers.popLast() ?? FileBuffer() }

  func give(back buffer: FileBuffer) {
    if spareBuffers.count < 4 { spareBuffers.append(buffer) }
  }

  func takeLock() throws(StoreError) -> MboxLock {
    try MboxLock(directory, fileName, patience: lockPatience)
  }

  /// The file that is known, open from one message to the next: a compressed one is cheap to read from
  /// front to back only.
  func keptSource(_ state: MboxShare.State) throws(StoreError) -> any MboxSource {
    if let kept, kept.status == state.status { return kept.source }
    let source = try source()
    kept = state.status.map { (source, $0) }
    return source
  }

  func path(of message: StoredMessage) -> String { "\(path): \(message.displayName)" }

  func identity() throws(StoreError) -> String {
    // The file itself is a new one after each edit in some editors.
    "\(try stored(try directory.status()).inode)"
  }

  func explanation() throws(StoreError) -> String {
    try share.exclusively { state throws(StoreError) in
      try self.refresh(&state, needsMessages: false)
      return state.explanation
    }
  }

  // Delivery

  func beginDelivery(startsWriteback: Bool) throws(StoreError) -> any Delivery {
    requireWriting()
    return MboxDelivery(
      into: self, spool: spareSpools.popLast() ?? MboxSpool(in: context.state),
      temporaryName: context.temporaryName())
  }

  /// Takes back what a delivery used.
  func give(back spool: MboxSpool) { spareSpools.append(spool) }

  /// Keeps a message that was finished until it is committed or discarded.
  func keep(_ message: SpooledMessage, as temporaryName: [UInt8]) {
    try? share.exclusively { state throws(StoreError) in state.spooled[temporaryName] = message }
  }

  func discard(_ prepared: [PreparedDelivery]) {
    try? share.exclusively { state throws(StoreError) in Self.discard(prepared, &state) }
  }

  static func discard(_ prepared: [PreparedDelivery], _ state: inout MboxShare.State) {
    for delivery in prepared {
      state.spooled.removeValue(forKey: delivery.temporaryName)?.spool.release()
    }
  }

  // Stamps

  func currentStamp() throws(StoreError) -> MailboxStamp {
    MailboxStamp([try storedIfPresent(try directory.status(of: fileName))], withSize: true)
  }

  func stamp() throws(StoreError) -> MailboxStamp? {
    guard context.access == .writing else { return nil }
    return try stamp(at: try context.fileSystemTime())
  }

  /// The stamp as of a time of the file system's clock, in nanoseconds since 1970.
  func stamp(at time: Int64) throws(StoreError) -> MailboxStamp? {
    guard let status = try storedIfPresent(try directory.status(of: fileName)) else { return nil }
    let limit = time.subtractingReportingOverflow(MaildirMailbox.settlingNanoseconds)
    guard !limit.overflow,
      max(status.modifiedNanoseconds, status.changedNanoseconds) <= limit.partialValue
    else { return nil }
    return MailboxStamp([status], withSize: true)
  }

  func flush() throws(StoreError) {
    try share.exclusively { state throws(StoreError) in
      guard let file = try storedIfPresent(try directory.openFile(fileName)) else { return }
      do throws(SystemError) {
        try self.share.backgroundFlush.finish()
        try file.flushData()
      } catch {
        throw .system(error.at(self.path))
      }
      if state.hasUnflushed { try self.emptyJournal(durably: false) }
      state.hasUnflushed = false
    }
  }
}
