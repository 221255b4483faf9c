import Journals
import Mail
import Stores

/// Finds messages that were pushed and whose file went from one mailbox of the archive to another, with
/// its content.
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
  }

  let digester: DigestMessages

  /// The moves, by side and entry.
  ///
  /// - Throws: what reading a file that moved throws.
  func run(_ sides: [Side]) throws -> [Move] {
    var moves: [Move] = []
    for (source, side) in sides.enumerated() where !side.record.isUnsettled {
      let doubled = side.record.outdated.union(side.record.replacements.keys)
      for entry in side.record.entries.values.sorted(by: { $0.number < $1.number }) {
        guard entry.origin == .pushed, !entry.isGone, entry.uid != nil, !entry.source.isEmpty,
          !doubled.contains(entry.number), let digest = entry.digest,
          side.files[entry.source] == nil,
          let destination = sides.firstIndex(where: { $0.files[entry.source] != nil }),
          let file = sides[destination].files[entry.source],
          !sides[destination].record.isUnsettled,
          !sides[destination].record.entries.values.contains(where: {
            $0.source == entry.source
          }),
          try digester.run(file.message, in: file.mailbox).digest == digest
        else { continue }
        moves.append(Move(entry: entry, source: source, destination: destination))
      }
    }
    return moves
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
}
