import Clients
import Mail
import Protocols

/// Asks the selected mailbox for what recognises messages without downloading them.
struct ListCandidates {
  struct Candidate {
    let message: CandidateMessage
    let flags: Flags
  }

  let connection: IMAPConnection

  /// The messages among `uids` that are there, ascending.
  func run(_ uids: UIDSet) throws(ClientError) -> [Candidate] {
    var found: [UID: Candidate] = [:]
    let items: [FetchItem] = [.uid, .flags, .size, .headerFields(HeaderFields.keyNames)]
    for chunk in uids.chunks(ofAtMost: 1000, ranges: 100) {
      try connection.fetch(.set(chunk), items) { event in
        guard case .fetch(let response) = event, let uid = response.uid, uids.contains(uid),
          let header = response.headerFields
        else { return }
        let message = CandidateMessage(
          uid: uid, headerKey: HeaderKey(header: header), size: Int64(response.size ?? 0))
        found[uid] = Candidate(message: message, flags: response.flags ?? Flags())
      }
    }
    return found.values.sorted { $0.message.uid < $1.message.uid }
  }
}
