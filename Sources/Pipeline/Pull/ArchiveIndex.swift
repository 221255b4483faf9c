import Mail
import Platform
import Stores
import Synchronization

/// Where in the archive the messages of a source mailbox are.
struct LocatedMessage: Sendable {
  let message: StoredMessage
  let mailbox: MailboxName
}

/// Finds messages in the whole archive by what their file names say, reading it when first asked.
final class ArchiveIndex: Sendable {
  private let archive: Archive
  /// Which mailboxes there are, and how many messages from which source mailbox are in each.
  struct Places {
    var existing: Set<MailboxName> = []
    var counts: [MailboxKey: [MailboxName: Int]] = [:]
  }

  private struct Content {
    var byMailbox: [MailboxKey: [LocatedMessage]]?
    var places = Places()
    /// Those that mailarc did not name, and whose content nobody asked for yet.
    var unnamed: [LocatedMessage] = []
    /// Those whose content is known.
    var byDigest: [ContentDigest: [LocatedMessage]] = [:]
    /// Made for those mailboxes of which single messages are asked for.
    var byOrigin: [MailboxKey: [MessageOrigin: [LocatedMessage]]] = [:]
  }

  private let content = Mutex(Content())

  init(_ archive: Archive) { self.archive = archive }

  /// All messages that came from a source mailbox, wherever they are now.
  ///
  /// - Throws: `StoreError.unreadable` if a part of the archive can't be read: what seems to be gone
  ///   may then be there.
  func messages(from key: MailboxKey) throws(StoreError) -> [LocatedMessage] {
    try content.withLock { content throws(StoreError) in
      try read(into: &content)
      return content.byMailbox?[key] ?? []
    }
  }

  /// Where all messages are.
  ///
  /// - Throws: as `messages(from:)`.
  func places() throws(StoreError) -> Places {
    try content.withLock { content throws(StoreError) in
      try read(into: &content)
      return content.places
    }
  }

  /// The file of one message; of several, one in `preferred` if there is one.
  ///
  /// - Throws: as `messages(from:)`.
  func file(
    of origin: MessageOrigin, preferred: MailboxName
  ) throws(StoreError) -> LocatedMessage? {
    let files = try files(of: origin)
    return files.first { $0.mailbox == preferred } ?? files.first
  }

  /// A file of one message that is not in `home`.
  ///
  /// - Throws: as `messages(from:)`.
  func file(
    of origin: MessageOrigin, outside home: MailboxName
  ) throws(StoreError) -> LocatedMessage? {
    try files(of: origin).first { $0.mailbox != home }
  }

  private func files(of origin: MessageOrigin) throws(StoreError) -> [LocatedMessage] {
    let key = origin.mailboxKey
    let messages = try messages(from: key)
    return content.withLock { content in
      if content.byOrigin[key] == nil {
        var files: [MessageOrigin: [LocatedMessage]] = [:]
        for located in messages {
          if let origin = located.message.origin { files[origin, default: []].append(located) }
        }
        content.byOrigin[key] = files
      }
      return content.byOrigin[key]?[origin] ?? []
    }
  }

  /// Takes messages that mailarc did not name and that have this content, each only once.
  ///
  /// - Parameters:
  ///   - wanted: the content, with the octets of its wire form, that is looked for.
  ///   - digester: reads what may have it by its size.
  /// - Returns: for each digest as many as are wanted and there.
  /// - Throws: as `messages(from:)`, and what reading a message throws.
  func claim(
    _ wanted: [(digest: ContentDigest, wireSize: Int64)], _ digester: DigestMessages
  ) throws -> [ContentDigest: [LocatedMessage]] {
    try content.withLock { content in
      try read(into: &content)
      guard !content.unnamed.isEmpty || !content.byDigest.isEmpty else { return [:] }
      try readContents(sizes: wanted.map(\.wireSize).sorted(), digester, &content)
      var claimed: [ContentDigest: [LocatedMessage]] = [:]
      for (digest, _) in wanted {
        guard let found = content.byDigest[digest]?.popLast() else { continue }
        claimed[digest, default: []].append(found)
      }
      return claimed
    }
  }

  /// Reads the messages that may have one of these sizes on the wire.
  private func readContents(
    sizes: [Int64], _ digester: DigestMessages, _ content: inout Content
  ) throws {
    var rest: [LocatedMessage] = []
    for located in content.unnamed {
      do {
        guard let mailbox = try archive.mailbox(located.mailbox),
          let size = try mailbox.open(located.message).size,
          // At most a CR for each byte comes to it.
          sizes.contains(where: { size <= $0 && $0 <= size * 2 })
        else {
          rest.append(located)
          continue
        }
        let digest = try digester.run(located.message, in: mailbox).digest
        content.byDigest[digest, default: []].append(located)
      } catch StoreError.notFound {
        continue
      }
    }
    content.unnamed = rest
  }

  private func read(into content: inout Content) throws(StoreError) {
    guard content.byMailbox == nil else { return }
    let tree = try archive.mailboxes()
    if let path = tree.unreadable.first {
      throw .unreadable(path: path, reason: "a part of the archive can't be read")
    }
    var found: [MailboxKey: [LocatedMessage]] = [:]
    var places = Places()
    for entry in tree.mailboxes {
      guard let mailbox = try archive.mailbox(entry.name) else {
        // Under its new name it may have been passed by, and its messages would seem to be gone.
        throw .unreadable(
          path: archive.root.path, reason: "\(entry.name) was taken away while it was read")
      }
      let messages = try mailbox.scan()
      if let problem = mailbox.damage.first { throw problem }
      places.existing.insert(entry.name)
      for message in messages {
        guard let origin = message.origin else {
          if !message.isOurs {
            content.unnamed.append(LocatedMessage(message: message, mailbox: entry.name))
          }
          continue
        }
        found[origin.mailboxKey, default: []].append(
          LocatedMessage(message: message, mailbox: entry.name))
        places.counts[origin.mailboxKey, default: [:]][entry.name, default: 0] += 1
      }
    }
    content.byMailbox = found
    content.places = places
  }
}
