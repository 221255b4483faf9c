package import Mail

/// What one FETCH response told of one message (RFC 9051, section 7.5.2).
///
/// Nil is what the response did not hold; a server may send one without being asked.
package struct FetchResponse: Hashable, Sendable {
  /// The place of the message in the mailbox, from 1.
  package var sequenceNumber: UInt32

  /// UID.
  package var uid: UID?

  /// FLAGS; `\Recent` is passed over.
  package var flags: Flags?

  /// INTERNALDATE.
  package var internalDate: InternalDate?

  /// Whether there was an INTERNALDATE that is no date.
  package var hasInvalidInternalDate = false

  /// RFC822.SIZE, in bytes.
  ///
  /// Servers are known to be wrong here.
  package var size: UInt64?

  /// MODSEQ (RFC 7162).
  package var modSeq: ModificationSequence?

  /// The identifier of the message's content (RFC 8474).
  package var emailID: String?

  /// The bytes of `BODY[HEADER]` or `BODY[HEADER.FIELDS (…)]`.
  package var headerFields: [UInt8]?

  /// Whether and how the whole message came.
  package var body: FetchBody = .none

  /// A response without items.
  package init(sequenceNumber: UInt32) { self.sequenceNumber = sequenceNumber }
}

/// Where the whole message of a FETCH response is.
package enum FetchBody: Hashable, Sendable {
  /// The response held none.
  case none

  /// The server answered NIL in its place.
  case nilValue

  /// It came before, between `bodyBegins` and `bodyEnds`.
  case streamed(size: UInt64)

  /// It came as a quoted string.
  case inline([UInt8])
}
