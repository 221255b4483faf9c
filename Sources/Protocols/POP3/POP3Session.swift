import Mail

/// One POP3 session without its connection: octets in, events and octets out (RFC 1939).
///
/// It knows nothing of sockets. The caller reads octets and passes them to `consume` until that
/// returns nil, and writes what `takeOutput` gives whenever there is some. How the octets are cut into
/// buffers makes no difference, apart from where a message's chunks are cut. Several commands may be
/// outstanding at a time where the server can do that; it answers in their order.
package struct POP3Session: Sendable {
  private enum Phase {
    case greeting
    case reply
    case listing(POP3Reply, lines: Int, octets: Int)
    case message(POP3Reply, DotUnstuffer)
  }

  /// What a server may make the session hold or wait for.
  package let limits: POP3Limits

  /// What the server can do; nil as long as it has not said so.
  package private(set) var capabilities: POP3Capabilities?

  /// The commands that have not ended, oldest first.
  package private(set) var outstanding: [POP3CommandKind] = []

  private var phase = Phase.greeting
  private var collector: LineCollector
  private var announced: [POP3Capability] = []
  private var output: [UInt8] = []
  /// Commands that wait for the end of one behind which nothing may be sent.
  private var held: [POP3Command] = []
  /// What a `+` of the server asks for; nil once all was given and the exchange was cancelled.
  private var responses: ArraySlice<[UInt8]>?
  private var awaitsTLS = false
  private var sawBytesBeforeTLS = false
  private var failure: POP3Error?

  /// A session that waits for the greeting.
  package init(limits: POP3Limits) {
    self.limits = limits
    collector = LineCollector(limit: limits.lineLength)
  }

  /// Whether octets wait to be written.
  package var hasOutput: Bool { !output.isEmpty }

  /// Hands over the octets to be written, all of them and in order.
  package mutating func takeOutput() -> [UInt8] {
    defer { output = [] }
    return output
  }

  /// Queues a command, whose words must hold neither CR, LF nor NUL.
  ///
  /// It goes out at once unless an earlier one is outstanding behind which nothing may be sent.
  package mutating func send(_ command: POP3Command) {
    let isHeld = awaitsTLS || !held.isEmpty || outstanding.contains(where: \.isBarrier)
    outstanding.append(command.kind)
    if isHeld { held.append(command) } else { write(command) }
  }

  /// Takes octets from the server until something is understood.
  ///
  /// - Parameters:
  ///   - input: octets as read. `messageChunk` refers to them.
  ///   - position: where to go on in `input`; moved behind what was used.
  /// - Returns: the next event; nil when all of `input` is used up.
  /// - Throws: `POP3Error` when the stream can't be followed any more, then and ever after.
  package mutating func consume(
    _ input: UnsafeRawBufferPointer, from position: inout Int
  ) throws(POP3Error) -> POP3Event? {
    if let failure { throw failure }
    do throws(POP3Error) {
      while !awaitsTLS {
        if case .message(let reply, var unstuffer) = phase {
          let step = unstuffer.next(input, from: &position)
          phase = .message(reply, unstuffer)
          switch step {
          case nil: return nil
          case .chunk(let range): return .messageChunk(range)
          case .carriageReturn: return .messageCarriageReturn
          case .end: return completed(reply)
          }
        }
        guard let line = try collector.next(input, from: &position) else { return nil }
        if let event = try event(of: line) { return event }
      }
    } catch {
      failure = error
      throw error
    }
    // What an attacker put here must not be taken for an answer (RFC 2595, section 4).
    sawBytesBeforeTLS = sawBytesBeforeTLS || position < input.count
    position = input.count
    return nil
  }

  /// Begins anew after the server accepted STLS and before the handshake.
  ///
  /// Forgets all that was learnt in plaintext. Whatever the caller still holds unread is to be thrown
  /// away.
  ///
  /// - Returns: whether octets came behind the answer, which no honest server sends.
  package mutating func discardBeforeTLS() -> Bool {
    defer { sawBytesBeforeTLS = false }
    capabilities = nil
    collector.discard()
    awaitsTLS = false
    writeHeld()
    return sawBytesBeforeTLS
  }
}

// MARK: - Lines

extension POP3Session {
  private mutating func event(of line: LineCollector.Line) throws(POP3Error) -> POP3Event? {
    switch phase {
    case .greeting:
      guard let reply = POP3Reply(line.bytes) else {
        throw .notAPOP3Server(Evidence(line.bytes))
      }
      phase = .reply
      return .greeting(reply, timestamp: reply.isOK ? POP3Login.timestamp(in: reply.text) : nil)
    case .reply, .message: return try answer(line)
    case .listing(let reply, let lines, let octets):
      return try listing(line.bytes, reply, lines: lines, octets: octets)
    }
  }

  private mutating func answer(_ line: LineCollector.Line) throws(POP3Error) -> POP3Event? {
    let reply = POP3Reply(line.bytes)
    guard let kind = outstanding.first else {
      guard let reply, !reply.isOK else { throw .outOfStep(Evidence(line.bytes)) }
      return .unasked(reply)
    }
    guard let reply else {
      guard kind == .auth, line.bytes.first == UInt8(ascii: "+") else {
        throw .outOfStep(Evidence(line.bytes))
      }
      try respond(line)
      return nil
    }
    guard reply.isOK, kind.isMultiLine else { return completed(reply) }
    if let number = kind.message {
      phase = .message(reply, DotUnstuffer(endsWithLineFeed: line.endsWithLineFeed))
      return .messageBegins(number)
    }
    announced = []
    phase = .listing(reply, lines: 0, octets: 0)
    return nil
  }

  private mutating func listing(
    _ line: [UInt8], _ reply: POP3Reply, lines: Int, octets: Int
  ) throws(POP3Error) -> POP3Event? {
    if line.elementsEqual([UInt8(ascii: ".")]) { return completed(reply) }
    let kind = outstanding.first
    let limit = kind == .capa ? limits.capabilityLines : limits.listingLines
    guard lines < limit else { throw .listingTooLong(limit: limit) }
    guard octets + line.count <= limits.listingOctets else {
      throw .listingTooLong(limit: limits.listingOctets)
    }
    phase = .listing(reply, lines: lines + 1, octets: octets + line.count)
    let text = line.first == UInt8(ascii: ".") ? line.dropFirst() : line[...]
    if kind == .capa {
      guard let capability = POP3Capability(line: text) else { return .malformed(Evidence(line)) }
      announced.append(capability)
      return .capability(capability)
    }
    return entry(text, isUIDL: kind == .uidl) ?? .malformed(Evidence(line))
  }

  /// Reads a line of LIST or UIDL: a number, and what it has.
  private func entry(_ line: ArraySlice<UInt8>, isUIDL: Bool) -> POP3Event? {
    let line = line.drop { $0 == 0x20 }
    let digits = line.prefix { $0 != 0x20 }
    guard let number = UInt32(digits: digits), number > 0 else { return nil }
    var rest = line[digits.endIndex...].drop { $0 == 0x20 }
    while rest.last == 0x20 { rest.removeLast() }
    if isUIDL {
      guard rest.count <= limits.uidlLength, let uidl = UIDL(bytes: rest) else { return nil }
      return .uidl(number, uidl)
    }
    // Other words may follow (RFC 1939, section 5: LIST).
    guard let octets = UInt64(digits: rest.prefix { $0 != 0x20 }) else { return nil }
    return .listed(number, octets: octets)
  }
}

// MARK: - Commands

extension POP3Session {
  private mutating func write(_ command: POP3Command) {
    let lines = command.lines[...]
    for line in lines.prefix(1) { output += line + [13, 10] }
    if command.kind == .auth { responses = lines.dropFirst() }
  }

  private mutating func writeHeld() {
    while let command = held.first {
      held.removeFirst()
      write(command)
      if command.kind.isBarrier { return }
    }
  }

  /// Answers a `+`; what asks for more than the mechanism has is cancelled (RFC 5034, section 4).
  private mutating func respond(_ line: LineCollector.Line) throws(POP3Error) {
    guard let left = responses else { throw .outOfStep(Evidence(line.bytes)) }
    if let response = left.first {
      output += response + [13, 10]
      responses = left.dropFirst()
    } else {
      output += [UInt8(ascii: "*"), 13, 10]
      responses = nil
    }
  }

  /// Ends the oldest command.
  private mutating func completed(_ reply: POP3Reply) -> POP3Event {
    let kind = outstanding.removeFirst()
    phase = .reply
    switch kind {
    case .capa where reply.isOK: capabilities = POP3Capabilities(announced)
    case .stls where reply.isOK: awaitsTLS = true
    default: break
    }
    if kind == .auth { responses = nil }
    if kind.isBarrier, !awaitsTLS { writeHeld() }
    return .completed(kind, reply)
  }
}
