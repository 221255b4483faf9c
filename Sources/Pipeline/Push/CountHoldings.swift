import Journals
import Mail
import Stores

/// What the files of messages that are missing have to be like.
struct SoughtContents {
  let digests: Set<ContentDigest>
  let sizes: Set<Int64>
  let names: Set<String>

  init(_ entries: [IndexEntry]) {
    digests = Set(entries.compactMap(\.digest))
    sizes = Set(entries.map(\.size))
    names = Set(entries.map(\.source))
  }
}

/// What the archive and the target have of some contents in one mailbox, in comparison.
struct Holdings {
  /// A file that the index does not know by its name.
  struct Newcomer {
    let name: String
    /// Whether its content was read, so that no record has to be relied on.
    let isRead: Bool
  }

  /// How many more the target has than the archive; below 1 where it has none to give.
  var surplus: [ContentDigest: Int] = [:]
  /// How many more the archive has than were ever pushed or found; below 1 where none is wanted.
  var lacking: [ContentDigest: Int] = [:]
  fileprivate(set) var newcomers: [ContentDigest: [Newcomer]] = [:]

  /// Takes a file with that content out, the one of that name if a name is given.
  mutating func take(_ digest: ContentDigest, _ name: String?) -> Newcomer? {
    guard
      let place = newcomers[digest]?.firstIndex(where: { name == nil || $0.name == name })
    else { return nil }
    return newcomers[digest]?.remove(at: place)
  }
}

/// Counts what a mailbox holds of the contents that are looked for.
struct CountHoldings {
  let side: FindHandMoves.Side
  let sought: SoughtContents
  let pulled: PulledDigests
  let digester: DigestMessages

  func run() -> Holdings {
    var holdings = Holdings()
    var known: Set<String> = []
    // A file of the name counts as its entry's content, edited or not.
    var named: Set<NamedContent> = []
    let outdated = side.record.outdated
    for entry in side.record.entries.values {
      known.insert(entry.source)
      guard let digest = entry.digest, sought.digests.contains(digest) else { continue }
      if side.files[entry.source] != nil { named.insert(NamedContent(entry.source, digest)) }
      guard !outdated.contains(entry.number) else { continue }
      holdings.lacking[digest, default: 0] -= 1
      // What the server keeps as one can be moved once only.
      if !entry.isGone, entry.origin != .collapsed { holdings.surplus[digest, default: 0] += 1 }
    }
    for one in named { holdings.add(one.digest) }
    for (name, file) in side.files.sorted(by: { $0.key < $1.key }) where !known.contains(name) {
      guard let (digest, isRead) = content(of: file.message, in: file.mailbox, name) else {
        continue
      }
      holdings.add(digest)
      holdings.newcomers[digest, default: []].append(.init(name: name, isRead: isRead))
    }
    return holdings
  }

  /// The content of a file that the index does not know; nil where it is none of those looked for.
  private func content(
    of message: StoredMessage, in mailbox: any ReadableMailbox, _ name: String
  ) -> (ContentDigest, isRead: Bool)? {
    if let origin = message.origin, let record = pulled.record(of: origin) {
      return sought.digests.contains(record.digest) ? (record.digest, false) : nil
    }
    let size = message.scanned?.wireSize ?? message.namedWireSize
    if let size, !sought.sizes.contains(size), !sought.names.contains(name) { return nil }
    // What can't be read is named where the mailbox is pushed.
    guard let content = try? digester.run(message, in: mailbox),
      sought.digests.contains(content.digest)
    else { return nil }
    return (content.digest, true)
  }
}

extension Holdings {
  /// Counts one file.
  fileprivate mutating func add(_ digest: ContentDigest) {
    surplus[digest, default: 0] -= 1
    lacking[digest, default: 0] += 1
  }
}

private struct NamedContent: Hashable {
  let name: String
  let digest: ContentDigest

  init(_ name: String, _ digest: ContentDigest) {
    self.name = name
    self.digest = digest
  }
}
