package import Mail
package import Protocols

/// A message that is to be appended, with the bytes where they are.
package struct AppendItem {
  /// What to set on the message; a name that the server does not take may make it refuse.
  package let flags: Flags
  /// Nil leaves it to the server, which then takes the time of the APPEND.
  package let internalDate: InternalDate?
  /// Octets of the wire form: exactly so many have to be written.
  package let size: UInt64
  /// Whether it goes as literal8, which may hold NUL (RFC 3516).
  package let isLiteral8: Bool
  /// Writes the wire form, piece by piece.
  package let write: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void

  package init(
    flags: Flags, internalDate: InternalDate?, size: UInt64, isLiteral8: Bool,
    write: @escaping ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) {
    self.flags = flags
    self.internalDate = internalDate
    self.size = size
    self.isLiteral8 = isLiteral8
    self.write = write
  }
}

/// A message turned out not to have the size that was announced, so that the connection is of no more
/// use: the server waits for the rest.
package struct AppendSizeMismatch: Error, Sendable {}

extension IMAPConnection {
  /// Sends one APPEND with one or, where the server has MULTIAPPEND, several messages.
  ///
  /// Waits only where the server has to ask for a literal first. The end is not waited for: `finish`
  /// the tag. If the server refuses the command early, the rest is not sent.
  ///
  /// - Throws: `ClientError`; `AppendSizeMismatch`, and whatever an item's `write` throws, after which
  ///   the connection is of no more use.
  package func append(to mailbox: RawMailboxName, _ items: [AppendItem]) throws -> CommandTag {
    let tag = session.beginAppend(mailbox)
    for item in items {
      let literal = session.appendMessage(
        flags: item.flags, internalDate: item.internalDate, size: item.size,
        literal8: item.isLiteral8)
      if literal == .waitForContinuation { try awaitContinuation() }
      guard literal != .refused, session.appendProgress == .streaming else { break }
      var left = item.size
      try item.write { bytes in
        guard UInt64(bytes.count) <= left else { throw AppendSizeMismatch() }
        left -= UInt64(bytes.count)
        try self.write(bytes)
      }
      guard left == 0 else { throw AppendSizeMismatch() }
      session.endMessage()
    }
    session.finishAppend()
    return tag
  }

  /// Keeps what else the server says until it asks for the literal, or refuses it.
  private func awaitContinuation() throws(ClientError) {
    while session.appendProgress == .waiting { try keep(nextUnqueued()) }
  }
}
