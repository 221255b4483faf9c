import Journals
import Mail
import Stores

/// Finds messages that were pushed and whose file went from one mailbox of the archive to another, with
/// its content: by hand, or by a pull that followed the source and named it anew.
///
/// What is moved would else be appended there and be surplus here, by the same counts. Nothing is read
/// as long as the file of every pushed message is in its place; after that the files of which no pull
/// knows the content and that may be what is missing, and each that is taken for a move.
struct FindHandMoves {
  /// A mailbox of the target: its index, and the archive's files that belong there.
  struct Side {
    let record: PushRecord
    /// By base name.
    let files: [String: (mailbox: any ReadableMailbox, message: StoredMessage)]
  }

  struct Move {
    let entry: IndexEntry
    /// Places in the array of sides.
    let source: Int
    let destination: Int
    /// The base name of the file that holds the message now.
    let file: String

    /// The entry as it is where the message is moved to.
    var arriving: IndexEntry {
      var entry = entry
      entry.source = file
      return entry
    }
  }

  /// A pushed message whose file is no longer in its mailbox.
  private struct Missing {
    let entry: IndexEntry
    let digest: ContentDigest
    let source: Int
  }

  let pulled: PulledDigests
  let digester: DigestMessages

  /// The moves.
  ///
  /// - Throws: `JournalError`.
  func run(_ sides: [Side]) throws -> [Move] {
    var missing: [Missing] = []
    for (place, side) in sides.enumerated() where !side.record.isUnsettled {
      missing += side.missing.map { Missing(entry: $0, digest: $1, source: place) }
    }
    guard !missing.isEmpty else { return [] }
    let sought = SoughtContents(missing.map(\.entry))
    var holdings = sides.map {
      CountHoldings(side: $0, sought: sought, pulled: pulled, digester: digester).run()
    }
    var moves: [Move] = []
    // Of equal messages the one that kept its name is known for sure.
    for isByName in [true, false] {
      missing.removeAll { one in
        guard let move = find(one, isByName: isByName, sides, &holdings) else { return false }
        moves.append(move)
        return true
      }
    }
    return moves
  }

  private func find(
    _ one: Missing, isByName: Bool, _ sides: [Side], _ holdings: inout [Holdings]
  ) -> Move? {
    let digest = one.digest
    guard holdings[one.source].surplus[digest, default: 0] > 0 else { return nil }
    for place in sides.indices where !sides[place].record.isUnsettled {
      while holdings[place].lacking[digest, default: 0] > 0,
        let newcomer = holdings[place].take(digest, isByName ? one.entry.source : nil)
      {
        guard newcomer.isRead || isContent(digest, newcomer.name, sides[place]) else {
          // It was edited since it was pulled.
          holdings[place].lacking[digest, default: 0] -= 1
          continue
        }
        holdings[one.source].surplus[digest, default: 0] -= 1
        holdings[place].lacking[digest, default: 0] -= 1
        return Move(
          entry: one.entry, source: one.source, destination: place, file: newcomer.name)
      }
    }
    return nil
  }

  private func isContent(_ digest: ContentDigest, _ name: String, _ side: Side) -> Bool {
    guard let file = side.files[name] else { return false }
    // What can't be read is named where the mailbox is pushed.
    return (try? digester.run(file.message, in: file.mailbox).digest) == digest
  }
}

extension FindHandMoves.Side {
  /// Lists the files of these mailboxes.
  ///
  /// - Throws: `StoreError`.
  init(record: PushRecord, mailboxes: [any ReadableMailbox]) throws(StoreError) {
    var files: [String: (mailbox: any ReadableMailbox, message: StoredMessage)] = [:]
    for mailbox in mailboxes {
      for message in try mailbox.scan() { files[message.source] = (mailbox, message) }
    }
    self.init(record: record, files: files)
  }

  /// What mailarc pushed and can move on the target, and whose file is not here.
  fileprivate var missing: [(IndexEntry, ContentDigest)] {
    let doubled = record.outdated.union(record.replacements.keys)
    return record.entries.values.sorted { $0.number < $1.number }.compactMap { entry in
      guard entry.origin == .pushed, !entry.isGone, entry.uid != nil, !entry.source.isEmpty,
        !doubled.contains(entry.number), let digest = entry.digest, files[entry.source] == nil
      else { return nil }
      return (entry, digest)
    }
  }
}
