import Clients
import Journals
import Mail
import Protocols

/// Finds under which UIDs a server without UIDPLUS keeps what was just appended.
struct FindAppended {
  let connection: IMAPConnection
  let raw: RawMailboxName
  let journal: PushJournal
  let side: ArchiveSide

  /// Lists what is new in the mailbox and matches it, reading contents only where there is doubt.
  ///
  /// - Parameters:
  ///   - messages: what was appended, in order.
  ///   - first: the lowest UID they can have.
  ///   - bound: UIDs that are other messages'.
  ///   - areThere: whether the server said that it has them all.
  /// - Returns: the UID of each message, nil for one that is not there.
  /// - Throws: `ClientError`, and what reading the archive throws.
  func run(
    _ messages: [OutgoingMessage], from first: UInt32, excluding bound: Set<UID>, areThere: Bool
  ) throws -> [UID?] {
    let candidates = try list(from: first, excluding: bound)
    if areThere, let inOrder = inOrder(messages, candidates) { return inOrder }
    let matches = try MatchMessages(
      sent: messages.map { .init($0.content.headerKey, $0.content.size) },
      archive: side.keyCounts, record: journal.record, unknown: candidates
    ).run(
      wanted: messages.map {
        WantedMessage(
          digest: $0.content.digest, headerKey: $0.content.headerKey, size: $0.content.size,
          isAsPulled: true)
      },
      candidates: candidates,
      read: { try ReadContents(connection: connection).run(UIDSet($0)) },
      tolerated: { try side.tolerated(messages[$0].source) })
    var uids = [UID?](repeating: nil, count: messages.count)
    for match in matches { uids[match.wanted] = candidates[match.candidate].uid }
    return uids
  }

  /// The mailbox is opened for this only where it is not open anyway: some servers lose mail that is
  /// appended to the open one.
  private func list(
    from first: UInt32, excluding bound: Set<UID>
  ) throws(ClientError) -> [CandidateMessage] {
    let wasOpen = connection.isSelected(raw)
    let present = try ListMessages(
      connection: connection, raw: raw, readOnly: !wasOpen
    ).run().present
    let below = UIDSet(unsorted: first > 1 ? [1...(first - 1)] : [])
    let found = try ListCandidates(connection: connection).run(
      present.subtracting(below).subtracting(UIDSet(bound))
    ).map(\.message)
    if !wasOpen { try connection.leaveMailbox() }
    return found
  }

  /// The common case: exactly these messages came, in this order.
  private func inOrder(
    _ messages: [OutgoingMessage], _ candidates: [CandidateMessage]
  ) -> [UID?]? {
    guard messages.count == candidates.count else { return nil }
    let same = zip(messages, candidates).allSatisfy {
      $0.content.headerKey == $1.headerKey && $0.content.size == $1.size
    }
    return same ? candidates.map(\.uid) : nil
  }
}

extension IMAPConnection {
  /// Whether this mailbox is the one that is open.
  func isSelected(_ mailbox: RawMailboxName) -> Bool {
    if case .selected(mailbox, _) = session.state { true } else { false }
  }
}
