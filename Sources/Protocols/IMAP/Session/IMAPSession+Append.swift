package import Mail

/// What the caller does after `appendMessage`.
package enum AppendLiteral: Sendable, Hashable {
  /// Drain the output, then write the message's bytes.
  case streamNow

  /// Drain the output, then consume events until `appendProgress` is `streaming` or `refused`.
  case waitForContinuation

  /// The server has ended the command already: send nothing, call `finishAppend`.
  case refused
}

/// How far an APPEND stands.
package enum AppendProgress: Sendable, Hashable {
  /// None is open.
  case none

  /// The next message, or the end, may follow.
  case betweenMessages

  /// The server has not yet asked for the message's bytes.
  case waiting

  /// The message's bytes are due: as many as announced, whatever happens.
  case streaming

  /// The server ended the command instead of asking for a message; nothing is open.
  case refused
}

/// The APPEND that is being written.
struct OpenAppend {
  let tag: CommandTag

  /// Whether the server has ended the command before we did.
  var hasEnded = false

  /// Whether a message was announced that did not wait for the server, or for which it asked.
  var hasStreamed = false
}

/// APPEND and MULTIAPPEND (RFC 9051, section 6.3.12; RFC 3502).
///
/// The messages' bytes never pass through the session: the caller writes them to the connection
/// after `takeOutput`, where `AppendLiteral` and `appendProgress` say so. The order is `beginAppend`,
/// then for each message `appendMessage` and `endMessage`, then `finishAppend`.
extension IMAPSession {
  /// Begins an APPEND.
  ///
  /// No other command can be sent until `finishAppend`.
  package mutating func beginAppend(_ mailbox: RawMailboxName) -> CommandTag {
    precondition(append == nil, "an APPEND is open already")
    let tag = nextTag()
    var writer = makeWriter(tag)
    writer.text("\(tag) APPEND ")
    writer.mailbox(mailbox)
    for piece in writer.pieces { output.append(piece) }
    outstanding[tag] = .append
    append = OpenAppend(tag: tag)
    appendProgress = .betweenMessages
    return tag
  }

  /// Announces one message.
  ///
  /// - Parameters:
  ///   - flags: those to be stored; keywords that IMAP can't hold are left out.
  ///   - internalDate: left out where IMAP has no form for it.
  ///   - size: how many bytes the caller will write.
  ///   - literal8: whether they may hold NUL; needs BINARY (RFC 3516).
  /// - Returns: whether the bytes may go now.
  package mutating func appendMessage(
    flags: Flags, internalDate: InternalDate?, size: UInt64, literal8: Bool
  ) -> AppendLiteral {
    guard let append, !append.hasEnded else { return .refused }
    precondition(appendProgress == .betweenMessages, "the message before is not finished")
    var writer = makeWriter(append.tag)
    if !flags.isEmpty {
      writer.text(" ")
      writer.flags(flags)
    }
    if let date = internalDate?.imapForm { writer.text(" \"\(date)\"") }
    writer.text(" ")
    writer.literalHeader(size: size, isLiteral8: literal8)
    writer.wait(for: .caller)
    for piece in writer.pieces { output.append(piece) }
    appendProgress = .waiting
    updateAppend()
    return appendProgress == .streaming ? .streamNow : .waitForContinuation
  }

  /// Says that all bytes of the message are written.
  ///
  /// Does nothing after a refusal.
  package mutating func endMessage() {
    guard append != nil else { return }
    precondition(appendProgress == .streaming, "no message is due")
    output.callerFinished()
    appendProgress = .betweenMessages
  }

  /// Ends the command, whose `completed` follows.
  ///
  /// Does nothing after a refusal.
  package mutating func finishAppend() {
    guard let append else { return }
    precondition(appendProgress == .betweenMessages, "the message before is not finished")
    // Also when the server has ended it: it skips what it still gets up to the line end, unless it
    // refused a literal before any message and so has its line end already.
    if append.hasStreamed || !append.hasEnded {
      output.append(OutputQueue.Piece(tag: append.tag, gate: .open, bytes: [13, 10]))
    }
    self.append = nil
    appendProgress = .none
  }

  /// Sees whether the caller's turn has come.
  mutating func updateAppend() {
    guard appendProgress == .waiting, output.awaitsCaller else { return }
    appendProgress = .streaming
    append?.hasStreamed = true
  }

  /// Follows the end of a command.
  mutating func appendCompleted(_ tag: CommandTag) {
    guard append?.tag == tag else { return }
    if appendProgress == .waiting {
      // The literal was announced and refused: the command is over on both sides.
      append = nil
      appendProgress = .refused
    } else {
      append?.hasEnded = true
    }
  }
}
