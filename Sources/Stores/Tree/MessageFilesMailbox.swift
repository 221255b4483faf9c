import Mail
import Platform

/// A directory whose files are messages, `.eml` files or MH's, or one such file alone; for reading
/// only.
///
/// Files that are an mbox by their content are mailboxes of their own.
final class MessageFilesMailbox: ReadableMailbox {
  let name: MailboxName
  private(set) var damage: [StoreError] = []
  private let directory: Directory
  private let loneFile: [UInt8]?
  private var spareBuffer: FileBuffer?
  private var sequences: MHSequences?

  /// A mailbox in a directory.
  ///
  /// - Parameters:
  ///   - name: its name.
  ///   - directory: where the files are.
  ///   - loneFile: the one file that is the mailbox; nil for all of the directory.
  init(_ name: MailboxName, in directory: Directory, loneFile: [UInt8]?) {
    self.name = name
    self.directory = directory
    self.loneFile = loneFile
  }

  var path: String {
    loneFile.map { directory.path(of: $0) } ?? directory.path
  }

  func scan() throws(StoreError) -> [StoredMessage] {
    damage = []
    if let loneFile { return [message(loneFile)] }
    sequences = try MHSequences(in: directory)
    var messages: [StoredMessage] = []
    var asides = TreeAsides()
    var stream = try stored(try directory.stream())
    while let entry = try stored(try stream.next()) {
      let kind = TreeName.kind(ofFile: entry.bytes)
      if entry.kind == .file {
        if try isMessage(entry.bytes, kind) { messages.append(message(entry.bytes)) }
      } else if kind == .message, entry.kind != .directory {
        asides.add(entry.bytes, "not a file")
      }
    }
    damage += asides.errors(in: directory)
    messages.sort()
    return messages
  }

  // A file that has a message's name and can't be looked into is reported, and not taken for read.
  private func isMessage(
    _ name: [UInt8], _ kind: TreeName.FileKind
  ) throws(StoreError) -> Bool {
    if kind == .companion { return false }
    do {
      let evidence = try FileEvidence(of: name, in: directory)
      return evidence.isMessage(named: name, kind, inMH: sequences != nil)
    } catch {
      if case .system(let error) = error, error.isNotFound { return false }
      if kind == .message { damage.append(error) }
      return false
    }
  }

  private func message(_ bytes: [UInt8]) -> StoredMessage {
    let name = MaildirName(bytes)
    var flags = Flags()
    if name.hasFlags {
      for (flag, _, letter) in SystemFlags.named where name.letters.contains(letter) {
        flags.system.insert(flag)
      }
    }
    if let sequences, TreeName.isNumber(bytes),
      let number = Int64(String(decoding: bytes, as: UTF8.self))
    {
      flags.system.formUnion(sequences.flags(of: number))
    }
    return StoredMessage(name, in: .file, flags: flags)
  }

  func open(_ message: StoredMessage) throws(StoreError) -> MessageFile {
    try ForeignMessage.open(
      message.name, in: directory, buffer: spareBuffer ?? FileBuffer()
    ) { self.spareBuffer = $0 }
  }

  /// What the topmost Received field says, else the Date field, else the time of the file: copies of
  /// such files seldom keep theirs.
  func internalDate(of message: StoredMessage) throws(StoreError) -> InternalDate {
    if let date = message.namedDate { return date }
    var header = HeaderCollector()
    do throws(StoreError) {
      let file = try open(message)
      if let chunk = try file.nextChunk() { header.take(chunk) }
    } catch {
      // What can't be inflated still has a time; that it is gone is said below.
      guard case .unreadable = error else { throw error }
    }
    if let found = HeaderDate.find(in: header.bytes) { return found.date }
    guard let status = try storedIfPresent(try directory.status(of: message.name)) else {
      throw .notFound(path(of: message))
    }
    return InternalDate(epochSeconds: status.modifiedSeconds)
  }

  func path(of message: StoredMessage) -> String {
    loneFile == nil ? "\(path)/\(message.displayName)" : path
  }

  func currentStamp() throws(StoreError) -> MailboxStamp {
    if let loneFile { return MailboxStamp([try stored(try directory.status(of: loneFile))]) }
    return MailboxStamp([
      try stored(try directory.status()),
      try storedIfPresent(try directory.status(of: MHSequences.fileName)),
    ])
  }

  func stamp() throws(StoreError) -> MailboxStamp? { nil }

  func explanation() throws(StoreError) -> String {
    if loneFile != nil { return "one message: the file begins with a header" }
    if try storedIfPresent(try directory.status(of: MHSequences.fileName)) != nil {
      return "MH folder: it has a file \(MHSequences.fileName)"
    }
    return "a message in each file: they begin with a header, or are named like messages"
  }
}

extension TreeAsides {
  /// An error for each reason.
  func errors(in directory: Directory) -> [StoreError] {
    parts(in: directory).map { .unreadable(path: $0.path, reason: $0.reason) }
  }
}

/// A file that is one message, as another program left it.
enum ForeignMessage {
  /// Opens it, and inflates it if its first bytes are those of gzip: no message begins like that.
  ///
  /// - Throws: `notFound`, `system`.
  static func open(
    _ name: [UInt8], in directory: Directory, buffer: FileBuffer,
    giveBack: @escaping (FileBuffer) -> Void
  ) throws(StoreError) -> MessageFile {
    let path = directory.path(of: name)
    guard let file = try storedIfPresent(try directory.openFile(name)) else {
      throw .notFound(path)
    }
    if try stored(try GzipReader.isGzip(file)) {
      return MessageFile(GzipFileBytes(file, path: path), buffer: buffer, giveBack: giveBack)
    }
    return MessageFile(
      try PlainFileBytes(file, path: path), buffer: buffer, giveBack: giveBack)
  }
}
