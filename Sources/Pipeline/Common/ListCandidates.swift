import Clients
import Mail
import Protocols

/// Asks the selected mailbox for what recognises messages without downloading them.
struct ListCandidates {
  struct Candidate {
    let message: CandidateMessage
    let flags: Flags
    /// Nil where it was not asked for, or not told.
    var date: InternalDate?
  }

  let connection: IMAPConnection
  /// Whether internal dates are asked for as well.
  var tellsDates = false

  /// The messages among `uids` that are there, ascending.
  ///
  /// One whose header the server does not give has an empty one, so that its content decides; one that
  /// is not told of along with its header is asked for without it.
  func run(_ uids: UIDSet) throws(ClientError) -> [Candidate] {
    var found: [UID: Candidate] = [:]
    let items: [FetchItem] = [.uid, .flags, .size] + (tellsDates ? [.internalDate] : [])
    try list(uids, items + [.headerFields(HeaderFields.keyNames)], &found)
    try list(uids.subtracting(UIDSet(found.keys)), items, &found)
    return found.values.sorted { $0.message.uid < $1.message.uid }
  }

  /// The same with those behind the others that are marked as deleted: they stand for a message of the
  /// archive only where no other copy does.
  static func markedLast<Element>(
    _ all: [Element], flags: (Element) -> Flags
  ) -> [Element] {
    func isMarked(_ one: Element) -> Bool { flags(one).system.contains(.deleted) }
    return all.filter { !isMarked($0) } + all.filter(isMarked)
  }

  private func list(
    _ uids: UIDSet, _ items: [FetchItem], _ found: inout [UID: Candidate]
  ) throws(ClientError) {
    for chunk in uids.chunks(ofAtMost: 1000, ranges: 100) {
      try connection.fetch(.set(chunk), items) { event in
        guard case .fetch(let response) = event, let uid = response.uid, uids.contains(uid),
          let size = response.size
        else { return }
        let message = CandidateMessage(
          uid: uid, headerKey: HeaderKey(header: response.headerFields ?? []),
          size: Int64(clamping: size))
        found[uid] = Candidate(
          message: message, flags: response.flags ?? Flags(), date: response.internalDate)
      }
    }
  }
}
