package import Mail

/// What a session understood of the octets from the server, one at a time and in their order.
package enum POP3Event: Sendable, Equatable {
  /// The server's first words; after `-ERR` it closes. APOP needs the timestamp.
  case greeting(POP3Reply, timestamp: String?)

  case capability(POP3Capability)

  /// A message and what the server takes for its octets, which need not be true.
  case listed(UInt32, octets: UInt64)

  case uidl(UInt32, UIDL)

  /// A line of a listing that can't be understood; it was passed over.
  case malformed(Evidence)

  /// The message of this number, or its beginning for TOP, follows.
  case messageBegins(UInt32)

  /// Octets of the message, as on the wire: a range of the buffer that `consume` was given.
  case messageChunk(Range<Int>)

  /// One CR of the message: it came at the end of a buffer, when it could have been the end.
  case messageCarriageReturn

  /// A command has ended; for what sends a text, the text has ended too.
  case completed(POP3CommandKind, POP3Reply)

  /// The server refuses without being asked, as it does before it closes.
  case unasked(POP3Reply)
}
