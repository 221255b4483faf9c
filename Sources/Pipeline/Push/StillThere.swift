import Clients
import Journals
import Mail

/// Finds out which recorded messages are what their UIDs stand for, before something is done to them.
///
/// On a server that was restored from a backup a UID may be somebody's own mail by now.
struct StillThere {
  /// A message that is what the index says.
  struct Found {
    let entry: IndexEntry
    /// The flags that it has at this moment.
    let flags: Flags
    /// Whether it was recognised through what servers do to mail.
    let isAltered: Bool
  }

  let connection: IMAPConnection
  /// The index, which knows what was sent of a message.
  let record: PushRecord
  /// Whether nothing but the content of a message tells what it is.
  var readsContent: (IndexEntry) -> Bool = { _ in false }
  /// The forms in which a server may keep a message; none if it has to be as it was sent.
  var tolerated: (IndexEntry) throws -> [ContentDigest] = { _ in [] }

  /// Looks in the selected mailbox; what key and size do not tell for sure, the content does.
  ///
  /// - Parameter recorded: what the index says of these UIDs.
  /// - Returns: those of which it is true.
  /// - Throws: `ClientError`, and what `tolerated` throws.
  func run(_ recorded: [UID: IndexEntry]) throws -> [UID: Found] {
    guard !recorded.isEmpty else { return [:] }
    var same: [UID: Found] = [:]
    var doubtful: [UID: Flags] = [:]
    for candidate in try ListCandidates(connection: connection).run(UIDSet(recorded.keys)) {
      let message = candidate.message
      guard let entry = recorded[message.uid] else { continue }
      if entry.headerKey.hash == message.headerKey.hash, entry.headerKey.hasMessageID,
        entry.size == message.size, !readsContent(entry)
      {
        same[message.uid] = Found(entry: entry, flags: candidate.flags, isAltered: false)
      } else {
        doubtful[message.uid] = candidate.flags
      }
    }
    guard !doubtful.isEmpty else { return same }
    for (uid, content) in try ReadContents(connection: connection, passesTrace: false).run(
      UIDSet(doubtful.keys))
    {
      guard let entry = recorded[uid], let flags = doubtful[uid] else { continue }
      if record.isContent(content.exact, of: entry) {
        same[uid] = Found(entry: entry, flags: flags, isAltered: false)
      } else if try tolerated(entry).contains(content.tolerated) {
        same[uid] = Found(entry: entry, flags: flags, isAltered: true)
      }
    }
    return same
  }
}
