import Platform
import Synchronization

/// What the mailboxes of one open archive share; safe to use from several threads.
final class StoreContext: Sendable {
  let state: Directory
  let keywords: ArchiveKeywords
  let access: Archive.Access
  /// Sets the temporary files of this run apart from those that a crashed one left.
  let token = RandomID.hex(bytes: 8)
  private let counter = Atomic<Int>(0)
  private let number: Atomic<UInt64>
  private let shares = Mutex<[MailboxID: MailboxShare]>([:])

  private let mboxShares = Mutex<[MboxID: MboxShare]>([:])

  private struct MboxID: Hashable {
    let device: UInt64
    let inode: UInt64
    let file: String
  }

  private struct MailboxID: Hashable {
    let device: UInt64
    let inode: UInt64
  }

  init(state: Directory, keywords: ArchiveKeywords, access: Archive.Access) {
    self.state = state
    self.keywords = keywords
    self.access = access
    // With a thousand numbers for each microsecond, a later run begins above an earlier one's end.
    number = Atomic(UInt64(WallClock.microseconds) << 10)
  }

  /// A number for a message that was not fetched, above all that were given before.
  func nextNumber() -> UInt64 { number.wrappingAdd(1, ordering: .relaxed).newValue }

  /// What the objects for the mailbox in a directory share.
  func share(of mailbox: Directory) throws(StoreError) -> MailboxShare {
    let status = try stored(try mailbox.status())
    let id = MailboxID(device: status.device, inode: status.inode)
    return shares.withLock { shares in
      let share = shares[id] ?? MailboxShare()
      shares[id] = share
      return share
    }
  }

  /// What the objects for the mbox of a name in a directory share.
  func mboxShare(of directory: Directory, _ file: String) throws(StoreError) -> MboxShare {
    let status = try stored(try directory.status())
    let id = MboxID(device: status.device, inode: status.inode, file: file)
    return mboxShares.withLock { shares in
      let share = shares[id] ?? MboxShare()
      shares[id] = share
      return share
    }
  }

  private static let clockName = "clock"

  /// The time of the file system's own clock, in nanoseconds since 1970.
  func fileSystemTime() throws(StoreError) -> Int64 {
    do {
      let file = try state.openForAppending(Self.clockName)
      // Any change of the file makes its file system note its own time as that of the change.
      try file.setModificationTime(0)
      return try file.status().changedNanoseconds
    } catch {
      throw .system(error)
    }
  }

  private static let temporaryPrefix = "mailarc-"

  /// A name for a file in some `tmp` that no other delivery has.
  func temporaryName() -> [UInt8] {
    let number = counter.wrappingAdd(1, ordering: .relaxed).newValue
    return Array("\(Self.temporaryPrefix)\(token)-\(number)".utf8)
  }

  /// Whether an entry of `tmp` was left by a run of mailarc that ended before its time.
  ///
  /// The archive's lock is held: no other run is under way.
  func isLeftover(_ name: [UInt8]) -> Bool {
    var scanner = ByteScanner(name[...])
    return scanner.take("mailarc-") && scanner.hexadecimal16() != nil && scanner.take("-")
      && scanner.number() != nil && scanner.isAtEnd
      && !name.starts(with: Array("\(Self.temporaryPrefix)\(token)-".utf8))
  }
}

/// Memory that is used for one file after another.
final class FileBuffer {
  let bytes: UnsafeMutableRawBufferPointer

  init() { bytes = .allocate(byteCount: FileBuffer.size, alignment: 16) }

  deinit { bytes.deallocate() }

  static let size = 256 << 10
}
