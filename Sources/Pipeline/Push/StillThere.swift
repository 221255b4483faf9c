import Clients
import Journals
import Mail

/// Finds out which recorded messages are what their UIDs stand for, before something is done to them.
///
/// On a server that was restored from a backup a UID may be somebody's own mail by now.
struct StillThere {
  let connection: IMAPConnection

  /// Looks in the selected mailbox; what key and size do not tell for sure, the content does.
  ///
  /// - Parameter recorded: what the index says of these UIDs.
  /// - Returns: those of which it is true.
  /// - Throws: `ClientError`.
  func run(_ recorded: [UID: IndexEntry]) throws -> [UID: IndexEntry] {
    var same: [UID: IndexEntry] = [:]
    var doubtful: [UID] = []
    for candidate in try ListCandidates(connection: connection).run(UIDSet(recorded.keys)) {
      let message = candidate.message
      guard let entry = recorded[message.uid] else { continue }
      if entry.headerKey.hash == message.headerKey.hash, entry.headerKey.hasMessageID,
        entry.size == message.size
      {
        same[message.uid] = entry
      } else {
        doubtful.append(message.uid)
      }
    }
    for (uid, content) in try ReadContents(connection: connection, passesTrace: true).run(
      UIDSet(doubtful))
    {
      if let entry = recorded[uid], entry.digest == content.exact { same[uid] = entry }
    }
    return same
  }
}
