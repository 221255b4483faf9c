package import Mail

/// What the session understood of the bytes from the server, one at a time and in their order.
package enum IMAPEvent: Sendable, Equatable {
  /// The server's first words. After `bye` it closes.
  case greeting(GreetingStatus, ResponseText)

  case capability(CapabilitySet)
  case list(ListEntry)
  case lsub(ListEntry)
  case status(RawMailboxName, StatusItems)

  /// The quota roots of a mailbox; none where nothing limits it (RFC 9208, section 5.2.2).
  case quotaRoots(RawMailboxName, [[UInt8]])

  case quota(Quota)

  /// How many messages the selected mailbox holds now.
  case exists(UInt32)

  case recent(UInt32)

  /// The message of this sequence number is gone; higher numbers fall by one.
  case expunge(UInt32)

  /// Messages that are gone; `earlier` where they went before this session (RFC 7162).
  case vanished(earlier: Bool, UIDSet)

  /// The flags in use in the mailbox.
  case flags(Flags)

  case namespace(Namespaces)

  /// The numbers that SEARCH found, as the server listed them.
  case search([UInt32], modSeq: ModificationSequence?)

  case eSearch(ExtendedSearchResult)

  /// What the server says of itself; keys in lower case (RFC 2971).
  case id([String: String])

  case enabled(Set<Capability>)

  /// An untagged OK, NO, BAD or BYE.
  case untaggedStatus(UntaggedStatus, ResponseText)

  /// `+`. The session has already released what waited for it.
  case continuation(ResponseText)

  /// A command of ours has ended.
  case completed(CommandTag, CompletionStatus, ResponseText)

  /// The literal of a message begins. `partialUID` is the UID if it stood before it in the response.
  case bodyBegins(size: UInt64, partialUID: UID?)

  /// Bytes of the message: a range of the buffer that `consume` was given.
  case bodyChunk(Range<Int>)

  /// All announced bytes of the message have come. The `fetch` follows, or `malformed`.
  case bodyEnds

  case fetch(FetchResponse)

  /// A response of a known kind that violates the grammar; it was passed over.
  case malformed(Evidence)

  /// A response of a kind this session does not know; it was passed over.
  case unknown(Evidence)
}

/// The kinds of greeting (RFC 9051, section 7.1).
package enum GreetingStatus: Sendable, Hashable {
  case ok, preauthenticated, bye
}

/// The kinds of untagged status response (RFC 9051, section 7.1).
package enum UntaggedStatus: Sendable, Hashable {
  case ok, no, bad, bye
}

/// How a command ended (RFC 9051, section 7.1).
package enum CompletionStatus: Sendable, Hashable {
  case ok, no, bad
}
