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
    /// The base name of the file that holds the message now.
    let file: String

    /// The entry as it is where the message is moved to.
    var arriving: IndexEntry {
      var entry = entry
      entry.source = file
      return entry
    }
  }

  let digester: DigestMessages

  /// The moves, by side and entry.
  ///
  /// - Throws: what reading a file that moved throws.
  func run(_ sides: [Side]) throws -> [Move] {
    var moves: [Move] = []
    var open: [(source: Int, entry: IndexEntry)] = []
    let known = sides.map { Set($0.record.entries.values.map(\.source)) }
    for (source, side) in sides.enumerated() where !side.record.isUnsettled {
      let doubled = side.record.outdated.union(side.record.replacements.keys)
      for entry in side.record.entries.values.sorted(by: { $0.number < $1.number }) {
        guard entry.origin == .pushed, !entry.isGone, entry.uid != nil, !entry.source.isEmpty,
          !doubled.contains(entry.number), let digest = entry.digest,
          side.files[entry.source] == nil
        else { continue }
        guard let destination = sides.firstIndex(where: { $0.files[entry.source] != nil }),
          let file = sides[destination].files[entry.source]
        else {
          open.append((source, entry))
          continue
        }
        guard !sides[destination].record.isUnsettled,
          !known[destination].contains(entry.source),
          try digester.run(file.message, in: file.mailbox).digest == digest
        else { continue }
        moves.append(
          Move(entry: entry, source: source, destination: destination, file: entry.source))
      }
    }
    return try moves + findRenamed(open, sides, known)
  }

  /// Mail programs give a message another name when they move it: then its content tells.
  private func findRenamed(
    _ open: [(source: Int, entry: IndexEntry)], _ sides: [Side], _ known: [Set<String>]
  ) throws -> [Move] {
    guard !open.isEmpty else { return [] }
    let sizes = Set(open.map(\.entry.size))
    var candidates: [ContentDigest: [(side: Int, file: String)]] = [:]
    for (place, side) in sides.enumerated() {
      for (name, file) in side.files.sorted(by: { $0.key < $1.key })
      where !file.message.isOurs && !known[place].contains(name) {
        if let size = file.message.scanned?.wireSize, !sizes.contains(size) { continue }
        let content = try digester.run(file.message, in: file.mailbox)
        guard sizes.contains(content.size) else { continue }
        candidates[content.digest, default: []].append((place, name))
      }
    }
    var moves: [Move] = []
    for (source, entry) in open {
      guard let digest = entry.digest, let found = candidates[digest] else { continue }
      // In its own mailbox it has not moved, whatever its name.
      if let place = found.firstIndex(where: { $0.side == source }) {
        candidates[digest]?.remove(at: place)
        continue
      }
      guard let place = found.firstIndex(where: { !sides[$0.side].record.isUnsettled }) else {
        continue
      }
      candidates[digest]?.remove(at: place)
      moves.append(
        Move(
          entry: entry, source: source, destination: found[place].side, file: found[place].file))
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
