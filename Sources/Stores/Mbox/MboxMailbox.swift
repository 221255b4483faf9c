import Glibc
import Mail
import Platform

/// An mbox file of another program, or one that somebody took out of an archive, for reading; plain or
/// compressed by gzip.
///
/// Nothing is written, no lock file either. Messages are in the order of the file.
final class MboxMailbox: ReadableMailbox {
  let name: MailboxName
  private(set) var damage: [StoreError] = []
  private let directory: Directory
  private let fileName: [UInt8]
  private let forced: MboxDialect?
  private var file: MboxFile?
  private var reason: String?
  private var spareBuffers: [FileBuffer] = []

  private static let attempts = 5

  /// Makes a mailbox of a file; nothing is opened yet.
  ///
  /// - Parameters:
  ///   - name: the mailbox's name.
  ///   - directory: where the file is.
  ///   - fileName: its name there.
  ///   - dialect: the dialect that the user asked for; nil to find out.
  init(
    name: MailboxName, in directory: Directory, _ fileName: [UInt8], dialect: MboxDialect?
  ) {
    self.name = name
    self.directory = directory
    self.fileName = fileName
    forced = dialect
  }

  var path: String { directory.path(of: fileName) }

  /// Whether a file that begins with these bytes is an mbox, as far as they tell.
  ///
  /// A From_ line comes first, perhaps behind empty lines or a byte-order mark. Nothing at all is an
  /// empty mbox.
  static func isMbox(beginningWith bytes: [UInt8]) -> Bool {
    var scanner = MboxScanner(longLine: MboxScanner.longLine)
    _ = bytes.withUnsafeBytes { scanner.take($0, isLast: true) }
    return MboxSplitter(scanner.found, forced: nil).beginsAsMbox
  }

  /// All messages, in the order of the file.
  ///
  /// - Throws: `unreadable` if it is no mbox, or changes all the time while it is read; `system`.
  func scan() throws(StoreError) -> [StoredMessage] {
    for attempt in 0..<Self.attempts {
      if attempt > 0 { usleep(200_000) }
      let file = try MboxFile(try stored(try directory.openFile(fileName)), path: path)
      let scan = file.withSharedLock { MboxScan(file, forced: forced) }
      guard (try? file.checkUnchanged()) != nil else { continue }
      guard scan.splitter.isMbox else {
        throw .unreadable(path: path, reason: "it is no mbox: no line in it separates messages")
      }
      self.file = file
      damage = scan.failure.map { [$0] } ?? []
      reason = scan.splitter.reason + (file.isCompressed ? "; compressed by gzip" : "")
      return MboxNames.messages(of: scan.splitter)
    }
    throw .unreadable(path: path, reason: "another program keeps changing it")
  }

  func open(_ message: StoredMessage) throws(StoreError) -> MessageFile {
    guard case .mbox(let entry) = message.place, let file else {
      throw .notFound(path(of: message))
    }
    try file.checkUnchanged()
    let buffer = spareBuffers.popLast() ?? FileBuffer()
    return MessageFile(
      MboxContent(entry, of: file, path: path(of: message)), buffer: buffer
    ) { [self] buffer in
      if spareBuffers.count < 4 { spareBuffers.append(buffer) }
    }
  }

  /// The message's internal date: what mailarc noted; else that of the From_ line, in UTC where it names
  /// no zone; else that of the topmost Received or of Date; else when the file was changed last.
  ///
  /// - Throws: `notFound` if the mailbox was not scanned.
  func internalDate(of message: StoredMessage) throws(StoreError) -> InternalDate {
    if let date = message.namedDate { return date }
    guard case .mbox(let entry) = message.place, let file else {
      throw .notFound(path(of: message))
    }
    return entry.date ?? InternalDate(epochSeconds: file.state.modifiedSeconds)
  }

  func path(of message: StoredMessage) -> String {
    guard case .mbox(let entry) = message.place else { return path }
    return "\(path), message at byte \(entry.offset)"
  }

  func currentStamp() throws(StoreError) -> MailboxStamp {
    MailboxStamp([try stored(try directory.status(of: fileName))])
  }

  /// Nil: a mailbox that is only read has no stamp to record.
  func stamp() -> MailboxStamp? { nil }

  func explanation() throws(StoreError) -> String {
    if reason == nil { _ = try scan() }
    return reason ?? ""
  }
}
