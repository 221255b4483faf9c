package import Mail

/// A command to a server (RFC 9051, section 6, and extensions), APPEND excepted.
///
/// Nothing here closes or expunges a whole mailbox: CLOSE and EXPUNGE remove what is not ours.
package enum IMAPCommand: Sendable {
  case capability
  case noop
  case logout
  case startTLS
  case login(user: String, password: Secret)

  /// AUTHENTICATE PLAIN (RFC 4616). `initialResponse` only where SASL-IR is offered.
  case authenticatePlain(
    authorizationID: String, user: String, password: Secret, initialResponse: Bool)

  /// What the program says of itself; nothing is sent as NIL (RFC 2971).
  case id([String: String])

  case namespace
  case enable([Capability])

  /// LIST; the return options need LIST-EXTENDED (RFC 5258), without any it is plain.
  case list(reference: RawMailboxName, pattern: RawMailboxName, returning: [ListReturnOption])

  case lsub(reference: RawMailboxName, pattern: RawMailboxName)
  case status(RawMailboxName, [StatusItem])

  /// GETQUOTAROOT; needs QUOTA (RFC 9208).
  case getQuotaRoot(RawMailboxName)

  case examine(RawMailboxName, SelectParameter)
  case select(RawMailboxName, SelectParameter)
  case unselect
  case create(RawMailboxName, specialUse: SpecialUse?)
  case subscribe(RawMailboxName)
  case unsubscribe(RawMailboxName)

  /// DELETE, with all mail in the mailbox: for mailboxes that this program made for itself only.
  case delete(RawMailboxName)

  /// UID FETCH; `changedSince` needs CONDSTORE, `vanished` needs QRESYNC enabled (RFC 7162).
  case uidFetch(
    UIDSelection, [FetchItem], changedSince: ModificationSequence?, vanished: Bool)

  /// UID STORE; `unchangedSince` needs CONDSTORE. `silent` asks for no FETCH in return.
  case uidStore(
    UIDSelection, StoreAction, Flags, unchangedSince: ModificationSequence?, silent: Bool)

  case uidCopy(UIDSelection, to: RawMailboxName)
  case uidMove(UIDSelection, to: RawMailboxName)
  case uidExpunge(UIDSelection)

  /// UID SEARCH; `extended` asks for an ESEARCH with ALL, which stays short (RFC 4731).
  case uidSearch([SearchKey], extended: Bool)
}

/// The messages a command is meant for.
///
/// An empty set is no selection: servers refuse it.
package enum UIDSelection: Sendable, Hashable, CustomStringConvertible {
  case set(UIDSet)

  /// `n:*`. Where no UID is that high the last message is meant (RFC 9051, section 9: `seq-range`).
  case from(UID)

  /// `1:*`.
  case all

  /// As sent.
  package var description: String {
    switch self {
    case .set(let set): set.description
    case .from(let uid): "\(uid):*"
    case .all: "1:*"
    }
  }
}

/// What LIST is to add to each mailbox (RFC 5258, RFC 5819, RFC 6154).
package enum ListReturnOption: Sendable, Hashable {
  case specialUse, subscribed, children
  case status([StatusItem])
}

/// What STATUS is to tell, by its name in the protocol.
package enum StatusItem: String, Sendable, Hashable {
  case messages = "MESSAGES"
  case uidNext = "UIDNEXT"
  case uidValidity = "UIDVALIDITY"
  case highestModSeq = "HIGHESTMODSEQ"
  case unseen = "UNSEEN"
  case size = "SIZE"
  case appendLimit = "APPENDLIMIT"
}

/// How SELECT and EXAMINE resynchronise (RFC 7162, section 3.2).
package enum SelectParameter: Sendable, Hashable {
  case plain
  case condStore
  case qResync(UIDValidity, ModificationSequence, knownUIDs: UIDSet?)
}

/// What FETCH is to tell.
///
/// A body is asked for with PEEK: it never sets `\Seen`.
package enum FetchItem: Sendable, Hashable {
  case uid, flags, internalDate, size, modSeq, emailID
  case body
  /// The body with NULs and long lines allowed (RFC 3516).
  case binaryBody
  case header
  case headerFields([String])
}

/// What STORE does with the flags.
package enum StoreAction: String, Sendable, Hashable {
  case add = "+FLAGS"
  case remove = "-FLAGS"
  case replace = "FLAGS"
}

/// What SEARCH looks for; several keys must all hold.
package enum SearchKey: Sendable, Hashable {
  case all
  case uid(UIDSelection)
  case header(name: String, contains: [UInt8])
  /// Internal dates before the day of this one; servers take the day in whatever zone they like.
  case before(InternalDate)
  /// More octets than so many.
  case larger(UInt64)
}
