import Clients
import Mail
import Protocols

/// Opens a mailbox and lists all that is in it.
///
/// A server may cut short what SEARCH finds: a message that is left out would be taken for one that the
/// mailbox lacks, so that a list which is shorter than the server's own count is not believed.
struct ListMessages {
  private static let mostTries = 3

  let connection: IMAPConnection
  let raw: RawMailboxName
  /// Whether nothing at all may change on the server, not even what SELECT changes.
  let readOnly: Bool

  /// Opens the mailbox, which is open afterwards, and lists its UIDs.
  ///
  /// - Throws: `ClientError.refused` also where fewer messages are listed than there are said to be.
  func run() throws(ClientError) -> (selected: SelectedMailbox, present: UIDSet) {
    var shortfall = ""
    for _ in 0..<Self.mostTries {
      let selected =
        readOnly ? try connection.examine(raw, .plain) : try connection.select(raw)
      guard selected.exists > 0 else { return (selected, UIDSet()) }
      var present = try connection.searchAll()
      if present.count < selected.exists { present = present.union(try fetchAll()) }
      if present.count >= selected.exists { return (selected, present) }
      // Some may have been removed since the server counted.
      shortfall = "\(selected.exists) messages are there, it says, and \(present.count) are listed"
    }
    throw .refused(command: "SEARCH", .no, ResponseText(code: nil, text: shortfall))
  }

  private func fetchAll() throws(ClientError) -> UIDSet {
    var uids: [UID] = []
    try connection.fetch(.all, [.uid]) { event in
      if case .fetch(let response) = event, let uid = response.uid { uids.append(uid) }
    }
    return UIDSet(uids)
  }
}
