package import Mail
package import Protocols

/// What SELECT or EXAMINE told of a mailbox.
package struct SelectedMailbox: Sendable {
  /// How many messages the mailbox holds.
  package var exists: UInt32 = 0
  /// Nil where the server did not tell: its UIDs can't be relied on from one session to the next.
  package var uidValidity: UIDValidity?
  /// The least UID that the next message may get; nil where the server did not tell.
  package var uidNext: UID?
  /// Zero where the mailbox keeps no modification sequences (RFC 7162, section 3.1.2.2).
  package var highestModSeq = ModificationSequence(0)
  /// The flags that can be stored for good; nil where the server does not say, which means all.
  package var permanentFlags: Flags?
  /// Whether keywords can be made up.
  package var takesNewKeywords = true
  /// The flags in use.
  package var flags = Flags()

  package init() {}

  mutating func take(_ event: IMAPEvent) {
    switch event {
    case .exists(let count): exists = count
    case .flags(let found): flags = found
    case .untaggedStatus(.ok, let text): take(text.code)
    default: break
    }
  }

  private mutating func take(_ code: ResponseCode?) {
    switch code {
    case .uidValidity(let value): uidValidity = value
    case .uidNext(let value): uidNext = value
    case .highestModSeq(let value): highestModSeq = value
    case .noModSeq: highestModSeq = ModificationSequence(0)
    case .permanentFlags(let flags, let newKeywords):
      permanentFlags = flags
      takesNewKeywords = newKeywords
    default: break
    }
  }
}

extension IMAPConnection {
  /// Opens a mailbox for reading only, so that nothing in it can change (RFC 9051, section 6.3.3).
  package func examine(
    _ mailbox: RawMailboxName, _ parameter: SelectParameter
  ) throws(ClientError) -> SelectedMailbox {
    var selected = SelectedMailbox()
    try run(.examine(mailbox, parameter), "EXAMINE") { selected.take($0) }
    return selected
  }

  /// Opens a mailbox of a push target (RFC 9051, section 6.3.2); a source is never selected.
  package func select(_ mailbox: RawMailboxName) throws(ClientError) -> SelectedMailbox {
    var selected = SelectedMailbox()
    let parameter: SelectParameter = capabilities.contains(.condStore) ? .condStore : .plain
    try run(.select(mailbox, parameter), "SELECT") { selected.take($0) }
    return selected
  }

  /// Leaves the selected mailbox without removing anything from it.
  ///
  /// By UNSELECT (RFC 3691), or by an EXAMINE that the server has to refuse: CLOSE would expunge.
  package func leaveMailbox() throws(ClientError) {
    guard case .selected = session.state else { return }
    if capabilities.contains(.unselect) {
      try run(.unselect, "UNSELECT")
      return
    }
    do {
      let nowhere = RawMailboxName(bytes: Array("mailarc-no-such-mailbox".utf8))
      try run(.examine(nowhere, .plain), "EXAMINE")
    } catch {
      guard case .refused = error else { throw error }
    }
  }

  /// The status of one mailbox; nil where the server refuses to tell.
  ///
  /// - Throws: `ClientError`, also where the server wants to be left alone for a while.
  package func status(
    of mailbox: RawMailboxName, _ items: [StatusItem]
  ) throws(ClientError) -> StatusItems? {
    var found: StatusItems?
    do {
      try run(.status(mailbox, items), "STATUS") { event in
        if case .status(_, let items) = event { found = items }
      }
    } catch {
      guard case .refused(_, _, let text) = error, !text.isThrottled else { throw error }
    }
    return found
  }

  /// The octets of all messages of a mailbox, where the server can tell; it may read them all for
  /// that.
  package func size(of mailbox: RawMailboxName) throws(ClientError) -> UInt64? {
    guard capabilities.contains(.statusSize) else { return nil }
    return try status(of: mailbox, [.size])?.size
  }

  /// Fetches things that fit into memory, one answer at a time.
  package func fetch(
    _ selection: UIDSelection, _ items: [FetchItem], changedSince: ModificationSequence? = nil,
    vanished: Bool = false, _ body: (IMAPEvent) throws(ClientError) -> Void
  ) throws(ClientError) {
    try run(
      .uidFetch(selection, items, changedSince: changedSince, vanished: vanished), "FETCH", body)
  }

  /// The UIDs of all messages in the selected mailbox.
  package func searchAll() throws(ClientError) -> UIDSet {
    try searchAll { _ throws(ClientError) in }
  }

  /// The same; every event goes to `body` too.
  package func searchAll(
    _ body: (IMAPEvent) throws(ClientError) -> Void
  ) throws(ClientError) -> UIDSet {
    try search([.all], body)
  }

  /// The UIDs of the messages in the selected mailbox for which all keys hold; every event goes to
  /// `body` too.
  package func search(
    _ keys: [SearchKey], _ body: (IMAPEvent) throws(ClientError) -> Void = { _ in }
  ) throws(ClientError) -> UIDSet {
    var found = UIDSet()
    let extended = capabilities.contains(.eSearch)
    try run(.uidSearch(keys, extended: extended), "SEARCH") { event throws(ClientError) in
      switch event {
      case .search(let numbers, _): found = found.union(UIDSet(numbers.compactMap { UID($0) }))
      case .eSearch(let result): found = found.union(result.all ?? UIDSet())
      default: break
      }
      guard found.ranges.count <= Self.mostMessages else {
        throw .tooMuch("messages", limit: Self.mostMessages)
      }
      try body(event)
    }
    return found
  }

  /// More than this many messages no mailbox is believed to hold.
  package static var mostMessages: Int { 10_000_000 }
}
