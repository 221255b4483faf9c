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

  /// The mailbox is not the one that the messages went into, so that nothing can be found in it by UIDs.
  static let isAnotherMailbox = Failure(
    scope: .mailbox, cause: .refused,
    summary: "the mailbox was deleted and made anew on the target while it was pushed into",
    advice: "Run the same command again; it goes on where it stopped.", retryable: true)

  /// Lists what is new in the mailbox and matches it, reading contents only where there is doubt.
  ///
  /// - Parameters:
  ///   - messages: what was appended, in order.
  ///   - first: the lowest UID they can have.
  ///   - bound: UIDs that are other messages'.
  ///   - areThere: whether the server said that it has them all.
  /// - Returns: the UID of each message, nil for one that is not there.
  /// - Throws: `isAnotherMailbox`, `ClientError`, and what reading the archive throws.
  func run(
    _ messages: [OutgoingMessage], from first: UInt32, excluding bound: Set<UID>, areThere: Bool
  ) throws -> [UID?] {
    // Opened for this only where it is not open anyway: some servers lose mail that is appended to the
    // open mailbox.
    let wasOpen = connection.isSelected(raw)
    let candidates = try list(from: first, excluding: bound, wasOpen: wasOpen)
    let uids = try match(messages, candidates, areThere: areThere)
    if !wasOpen { try connection.leaveMailbox() }
    return uids
  }

  private func match(
    _ messages: [OutgoingMessage], _ candidates: [CandidateMessage], areThere: Bool
  ) throws -> [UID?] {
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
      read: { try ReadContents(connection: connection, passesTrace: true).run(UIDSet($0)) },
      tolerated: { try side.tolerated(messages[$0].source, passesTrace: true) })
    var uids = [UID?](repeating: nil, count: messages.count)
    for match in matches { uids[match.wanted] = candidates[match.candidate].uid }
    return uids
  }

  private func list(
    from first: UInt32, excluding bound: Set<UID>, wasOpen: Bool
  ) throws -> [CandidateMessage] {
    let (selected, present) = try ListMessages(
      connection: connection, raw: raw, readOnly: !wasOpen
    ).run()
    guard selected.uidValidity == journal.record.uidValidity else { throw Self.isAnotherMailbox }
    let below = UIDSet(unsorted: first > 1 ? [1...(first - 1)] : [])
    return try ListCandidates(connection: connection).run(
      present.subtracting(below).subtracting(UIDSet(bound))
    ).map(\.message)
  }

  /// The common case: exactly these messages came, in this order.
  ///
  /// Their sizes are not compared: the server may have altered them.
  private func inOrder(
    _ messages: [OutgoingMessage], _ candidates: [CandidateMessage]
  ) -> [UID?]? {
    guard messages.count == candidates.count else { return nil }
    let same = zip(messages, candidates).allSatisfy { $0.content.headerKey == $1.headerKey }
    return same ? candidates.map(\.uid) : nil
  }
}

extension IMAPConnection {
  /// Whether this mailbox is the one that is open.
  func isSelected(_ mailbox: RawMailboxName) -> Bool {
    if case .selected(mailbox, _) = session.state { true } else { false }
  }
}
