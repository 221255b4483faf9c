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
