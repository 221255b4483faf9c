package import Mail

/// What a server says in a status response: a code for programs, a text for people.
package struct ResponseText: Hashable, Sendable {
  /// How many bytes of the text are kept.
  package static let textLimit = 1000

  /// The code in brackets, if there was one.
  package var code: ResponseCode?

  /// The text, bytes that are not UTF-8 replaced.
  ///
  /// Not safe for a terminal.
  package var text: String

  /// A text with or without a code.
  package init(code: ResponseCode?, text: String) {
    self.code = code
    self.text = text
  }
}

/// The code of a status response (RFC 9051, section 7.1, RFC 5530 and extensions).
package enum ResponseCode: Hashable, Sendable {
  case alert
  case alreadyExists
  /// The UIDs of appended messages, in the order in which these were sent (RFC 4315).
  case appendUID(UIDValidity, UIDList)
  case authenticationFailed
  case authorizationFailed
  case badCharset
  case cannot
  case capability(CapabilitySet)
  case clientBug
  case closed
  case contactAdmin
  /// The n-th message of the source became the n-th of the destination (RFC 4315).
  case copyUID(UIDValidity, source: UIDList, destination: UIDList)
  case expired
  case highestModSeq(ModificationSequence)
  case inUse
  case limit
  case mailboxID(String)
  /// The messages that a conditional STORE left alone (RFC 7162).
  case modified(UIDSet)
  case noModSeq
  case nonExistent
  case noPerm
  case overQuota
  /// The flags that can be stored; `newKeywords` where others may be made up (`\*`).
  case permanentFlags(Flags, newKeywords: Bool)
  case privacyRequired
  case readOnly
  case readWrite
  case serverBug
  case throttled
  case tooBig
  case tryCreate
  case uidNext(UID)
  case uidNotSticky
  case uidValidity(UIDValidity)
  case unavailable
  case unknownCTE
  /// The sequence number of the first message that is not `\Seen`.
  case unseen(UInt32)
  /// Any other code: its name in upper case and what followed, as text.
  case other(name: String, arguments: String)
}
