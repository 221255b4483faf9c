import Mail

/// One IMAP session without its connection: bytes in, events and bytes out (RFC 9051).
///
/// It knows nothing of sockets. The caller reads bytes and passes them to `consume` until that
/// returns nil, and writes what `takeOutput` gives whenever there is some. How the bytes are cut
/// into buffers makes no difference, apart from where `bodyChunk` is cut.
package struct IMAPSession: Sendable {
  /// Where the session stands (RFC 9051, section 3).
  package enum State: Sendable, Hashable {
    case greetingExpected
    case notAuthenticated
    case authenticated
    case selected(RawMailboxName, readOnly: Bool)
    case logout
  }

  /// What a server may make the session hold or wait for.
  package let limits: IMAPLimits

  /// Where the session stands, as far as the server has answered.
  package internal(set) var state = State.greetingExpected

  /// What the server can do; nil while it is not known, as after STARTTLS and mostly after LOGIN.
  package internal(set) var capabilities: CapabilitySet? {
    didSet { updateNameEncoding() }
  }

  /// What was switched on by ENABLE (RFC 5161).
  package internal(set) var enabled: Set<Capability> = [] {
    didSet { updateNameEncoding() }
  }

  /// The commands that have not ended, with what they are about.
  package internal(set) var outstanding: [CommandTag: CommandKind] = [:]

  /// How far the APPEND stands that `beginAppend` began.
  package internal(set) var appendProgress = AppendProgress.none

  /// Whether the server may be taking message bytes for commands: the connection has to be closed.
  ///
  /// So after a BAD to an APPEND whose literal did not wait. A server that refuses the line that
  /// announced the literal may read on behind it, and what stands in a message is not ours to say.
  package internal(set) var mayBeOutOfStep = false

  var splitter: FrameSplitter
  var parser: ResponseParser
  var output = OutputQueue()
  var lastTag: UInt32 = 0
  var append: OpenAppend?

  /// Whether an untagged CAPABILITY came while a login was on its way, and so may outlive it.
  var hasFreshCapabilities = false

  /// Whether STARTTLS was accepted, so that nothing in plaintext counts any more.
  var awaitsTLS = false

  /// Whether there was something in plaintext behind the answer to STARTTLS.
  var sawBytesBeforeTLS = false

  private var failure: IMAPError?

  /// A session that waits for the greeting.
  package init(limits: IMAPLimits) {
    self.limits = limits
    splitter = FrameSplitter(limits: limits)
    parser = ResponseParser(limits: limits)
  }

  /// Whether CAPABILITY has to be asked before the session can tell what the server can do.
  package var needsCapability: Bool { capabilities == nil }

  /// Whether mailbox names go as UTF-8 and not as modified UTF-7.
  package var usesUTF8Names: Bool { parser.usesUTF8Names }

  /// Whether bytes wait to be written.
  package var hasOutput: Bool { !output.ready.isEmpty }

  /// Hands over the bytes to be written, all of them and in order.
  package mutating func takeOutput() -> [UInt8] { output.take() }

  /// Queues a command.
  ///
  /// It goes out at once unless an earlier one waits for the server. Must not be called between
  /// `beginAppend` and `finishAppend`.
  package mutating func send(_ command: IMAPCommand) -> CommandTag {
    precondition(append == nil, "a command can't be sent in the middle of an APPEND")
    let tag = nextTag()
    var writer = makeWriter(tag)
    command.write(to: &writer)
    for piece in writer.pieces { output.append(piece) }
    outstanding[tag] = command.kind
    switch command.kind {
    case .startTLS, .authenticate: output.hold(until: tag)
    default: break
    }
    if command.kind == .login || command.kind == .authenticate { hasFreshCapabilities = false }
    return tag
  }

  /// Takes bytes from the server until something is understood.
  ///
  /// - Parameters:
  ///   - input: bytes as read. `bodyChunk` refers to them.
  ///   - position: where to go on in `input`; moved behind what was used.
  /// - Returns: the next event; nil when all of `input` is used up.
  /// - Throws: `IMAPError` when the stream can't be followed any more, then and ever after.
  package mutating func consume(
    _ input: UnsafeRawBufferPointer, from position: inout Int
  ) throws(IMAPError) -> IMAPEvent? {
    if let failure { throw failure }
    if awaitsTLS {
      // What an attacker put here must not be taken for an answer (RFC 9051, section 11.1).
      sawBytesBeforeTLS = sawBytesBeforeTLS || position < input.count
      position = input.count
      return nil
    }
    do throws(IMAPError) {
      guard let step = try splitter.next(input, from: &position) else { return nil }
      let event = try event(of: step, in: input)
      if case .inCollected = step { splitter.discardCollected() }
      if case .completed(let tag, _, _) = event, outstanding[tag] == nil {
        return .unknown(Evidence(tag.description.utf8))
      }
      observe(event)
      return event
    } catch {
      failure = error
      throw error
    }
  }

  /// Begins anew after the server accepted STARTTLS and before the handshake.
  ///
  /// Forgets all that was learnt in plaintext (RFC 9051, section 6.2.1). Whatever the caller still
  /// holds unread is to be thrown away.
  ///
  /// - Returns: whether bytes came behind the answer, which no honest server sends.
  package mutating func discardBeforeTLS() -> Bool {
    defer { sawBytesBeforeTLS = false }
    capabilities = nil
    enabled = []
    splitter.discardCollected()
    if awaitsTLS {
      awaitsTLS = false
      output.endHold()
    }
    return sawBytesBeforeTLS
  }

  private func event(
    of step: FrameSplitter.Step, in input: UnsafeRawBufferPointer
  ) throws(IMAPError) -> IMAPEvent {
    switch step {
    case .inInput(let range):
      return try parser.parse(UnsafeRawBufferPointer(rebasing: input[range]), streamedOffset: nil)
        .get()
    case .inCollected(let length, let streamedOffset):
      let parser = parser
      return try splitter.collected.withUnsafeBytes {
        parser.parse(
          UnsafeRawBufferPointer(rebasing: $0[..<length]), streamedOffset: streamedOffset)
      }.get()
    case .bodyBegins(let size, let uid): return .bodyBegins(size: size, partialUID: uid)
    case .bodyChunk(let range): return .bodyChunk(range)
    case .bodyEnds: return .bodyEnds
    }
  }

  mutating func nextTag() -> CommandTag {
    lastTag += 1
    return CommandTag(number: lastTag)
  }

  func makeWriter(_ tag: CommandTag) -> CommandWriter {
    CommandWriter(
      tag: tag, policy: CommandWriter.LiteralPolicy(capabilities),
      usesUTF8: enabled.contains(.imap4rev2) || enabled.contains(.utf8Accept))
  }

  private mutating func updateNameEncoding() {
    parser.usesUTF8Names =
      enabled.contains(.imap4rev2) || enabled.contains(.utf8Accept)
      || capabilities?.isRev2Only == true
  }
}
