import Journals
import Mail
import Stores

/// A message of the archive that belongs on the target.
struct ArchiveMessage {
  let stored: StoredMessage
  /// Its flags, with keywords that it left behind where it was moved from.
  let flags: Flags
  /// Its place in the target's list of source mailboxes.
  let mailbox: Int
  let digest: ContentDigest
  let headerKey: HeaderKey
  /// Octets of the wire form.
  let size: Int64
  /// Whether it is what was pulled, as far as can be told without reading it.
  let isAsPulled: Bool

  /// What names the file whatever its flags.
  var source: String { stored.source }

  var wanted: WantedMessage {
    WantedMessage(digest: digest, headerKey: headerKey, size: size, isAsPulled: isAsPulled)
  }
}

/// Lists the messages that go to one mailbox of the target, in their order, with their digests: those
/// that the pull recorded where the file has the size it had then, else by reading the file.
struct ScanArchive {
  let mailboxes: [any ReadableMailbox]
  let pulled: PulledDigests
  let stray: StrayKeywords
  let digester: DigestMessages
  /// What the index knows of files by their names.
  let known: [String: ContentDigest]
  /// Whether every file is read.
  let full: Bool
  /// Called with the path of what can't be read.
  let onFailure: (String, any Error) -> Void

  func run() throws -> [ArchiveMessage] {
    var found: [ArchiveMessage] = []
    var stray = stray
    for (place, mailbox) in mailboxes.enumerated() {
      for message in try mailbox.scan() {
        do {
          var flags = message.flags
          flags.keywords.formUnion(stray.keywords(of: message, in: mailbox.name))
          found.append(try describe(message, flags, place))
        } catch {
          if case StoreError.notFound = error { continue }
          // Nobody knows any more where the others are.
          if case StoreError.changed = error { throw error }
          onFailure(mailbox.path(of: message), error)
        }
      }
      for problem in mailbox.damage { onFailure(mailbox.path, problem) }
    }
    return found
  }

  private func describe(
    _ message: StoredMessage, _ flags: Flags, _ place: Int
  ) throws -> ArchiveMessage {
    let mailbox = mailboxes[place]
    if !full, let record = try trusted(message, mailbox) {
      return ArchiveMessage(
        stored: message, flags: flags, mailbox: place, digest: record.digest,
        headerKey: record.headerKey, size: record.size, isAsPulled: true)
    }
    let content = try digester.run(message, in: mailbox)
    let record = message.origin.flatMap { pulled.record(of: $0) }
    return ArchiveMessage(
      stored: message, flags: flags, mailbox: place, digest: content.digest,
      headerKey: content.headerKey, size: content.size, isAsPulled: record?.digest == content.digest
    )
  }

  /// What the pull recorded, if nothing speaks against it: the file's size is the one in its name, and
  /// the index did not find other content under this name.
  private func trusted(
    _ message: StoredMessage, _ mailbox: any ReadableMailbox
  ) throws(StoreError) -> HeldMessage? {
    guard let origin = message.origin, let record = pulled.record(of: origin),
      message.namedWireSize == record.size, let size = message.namedSize,
      try currentSize(of: message, mailbox) == size
    else { return nil }
    if let digest = known[message.source], digest != record.digest { return nil }
    return record
  }

  private func currentSize(
    of message: StoredMessage, _ mailbox: any ReadableMailbox
  ) throws(StoreError) -> Int64? {
    if let scanned = message.scanned { return scanned.size }
    return try mailbox.open(message).size
  }
}

extension StoredMessage {
  /// What names the file whatever its flags; the index knows it by this.
  var source: String { String(decoding: baseName, as: UTF8.self) }
}
