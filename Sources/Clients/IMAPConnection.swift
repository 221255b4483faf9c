import Platform
package import Protocols
import Transport

/// A live IMAP connection: a session of `Protocols` on a channel of `Transport`.
///
/// Blocking, and confined to the thread of its owner. After an error that is no `.refused` it is of
/// no more use.
package final class IMAPConnection {
  /// Whom the connection is for.
  package let account: ServerAccount
  /// What was said so far, and the state that it led to.
  package internal(set) var session = IMAPSession(limits: .standard)
  /// The namespaces, once `listMailboxes` has run and where the server tells them.
  package internal(set) var namespaces: Namespaces?
  /// What the server says of itself, once `listMailboxes` has run.
  package internal(set) var serverID: [String: String] = [:]

  var channel: any ByteChannel
  private let interruption: Interruption
  private let redaction: Redaction
  private let input: UnsafeMutableRawBufferPointer
  private var position = 0
  /// Octets that were understood so far.
  private var consumed: UInt64 = 0
  private var end = 0
  private var output: [UInt8] = []
  private var outputPosition = 0
  private var queued = KeptEvents(limits: .standard)
  /// Commands that nobody waits for.
  private var unawaited: Set<CommandTag> = []

  init(account: ServerAccount, channel: any ByteChannel, interruption: Interruption) {
    self.account = account
    self.channel = channel
    self.interruption = interruption
    redaction = Redaction(account)
    input = .allocate(byteCount: 1 << 18, alignment: 16)
  }

  deinit {
    channel.close()
    input.deallocate()
  }

  /// What the server last said that it can; empty before it has said anything.
  package var capabilities: CapabilitySet { session.capabilities ?? CapabilitySet([]) }

  /// Queues a command; it goes out with the next wait.
  package func send(_ command: IMAPCommand) -> CommandTag { session.send(command) }

  /// Queues a command whose end concerns nobody.
  func sendUnawaited(_ command: IMAPCommand) { unawaited.insert(session.send(command)) }

  /// The bytes of a `bodyChunk`, valid until the next call of anything here.
  package func chunk(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: input[range])
  }

  /// Waits for the next event, writing meanwhile whatever is queued.
  package func next() throws(ClientError) -> IMAPEvent {
    if let event = queued.next() { return event }
    return try nextUnqueued()
  }

  /// Keeps an event for a later `next`.
  func keep(_ event: IMAPEvent) throws(ClientError) { try queued.keep(event, consumed: consumed) }

  /// The next event that was not kept.
  func nextUnqueued() throws(ClientError) -> IMAPEvent {
    while true {
      if let event = try nextBuffered() { return event }
      takeOutput()
      let ready = try wait(for: hasOutput ? [.read, .write] : .read)
      if ready.contains(.write) { try writeSome() }
      if ready.contains(.read) { try readSome() }
    }
  }

  /// Runs one command to its end.
  ///
  /// - Returns: the text of the tagged OK.
  /// - Throws: `ClientError.refused` with `name` for NO and BAD; what `body` throws.
  @discardableResult
  package func run(
    _ command: IMAPCommand, _ name: String,
    _ body: (IMAPEvent) throws(ClientError) -> Void = { _ in }
  ) throws(ClientError) -> ResponseText {
    try finish(send(command), name, body)
  }

  /// Waits for the end of a command that was sent.
  @discardableResult
  package func finish(
    _ tag: CommandTag, _ name: String,
    _ body: (IMAPEvent) throws(ClientError) -> Void = { _ in }
  ) throws(ClientError) -> ResponseText {
    while true {
      let event = try next()
      if case .completed(tag, let status, let text) = event {
        if session.mayBeOutOfStep {
          channel.close()
          throw .outOfStep(text)
        }
        guard status == .ok else { throw .refused(command: name, status, text) }
        return text
      }
      try body(event)
    }
  }

  /// Writes bytes of a message that APPEND announced; events that come meanwhile are kept.
  ///
  /// Small pieces are gathered, so that a command and its literal leave together.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(ClientError) {
    takeOutput()
    if output.count - outputPosition + bytes.count <= Self.gathered {
      compactOutput()
      output.append(contentsOf: bytes)
      return
    }
    try flush()
    var rest = bytes
    while !rest.isEmpty {
      let count = try transport { () throws(TransportError) in try channel.write(rest) }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      if count == 0, try wait(for: [.read, .write]).contains(.read) { try readAhead() }
    }
  }

  private static let gathered = 1 << 16

  /// Writes everything that is queued and may go.
  package func flush() throws(ClientError) {
    takeOutput()
    while hasOutput {
      let before = outputPosition
      try writeSome()
      if hasOutput, before == outputPosition, try wait(for: [.read, .write]).contains(.read) {
        try readAhead()
      }
    }
  }

  /// Says LOGOUT and closes; whatever goes wrong meanwhile concerns nobody any more.
  package func logout() {
    let tag = send(.logout)
    _ = try? finish(tag, "LOGOUT")
    channel.close()
  }

  /// Throws away what was read and not understood yet; before a TLS handshake.
  func discardInput() {
    position = 0
    end = 0
    queued.removeAll()
  }

  /// Reads what there is without blocking on it and keeps its events, so that a server that answers
  /// while it is written to never blocks both sides.
  private func readAhead() throws(ClientError) {
    try readSome()
    while let event = try nextBuffered() { try keep(event) }
  }

  /// The next event in what was read; answers that nobody waits for are taken note of.
  private func nextBuffered() throws(ClientError) -> IMAPEvent? {
    while position < end {
      let event: IMAPEvent?
      let start = position
      defer { consumed += UInt64(position - start) }
      do throws(IMAPError) {
        event = try session.consume(
          UnsafeRawBufferPointer(rebasing: input[..<end]), from: &position)
      } catch {
        throw .protocolViolation(redaction.clean(error))
      }
      switch event.map(redaction.clean) {
      case nil: break
      case .completed(let tag, _, _) where unawaited.remove(tag) != nil: continue
      case .namespace(let found): namespaces = found
      case .id(let found): serverID = found
      case .untaggedStatus(.bye, let text) where !isLoggingOut: throw .serverClosed(text)
      case .some(let event): return event
      }
    }
    position = 0
    end = 0
    return nil
  }

  private var isLoggingOut: Bool { session.outstanding.values.contains(.logout) }

  private var hasOutput: Bool { outputPosition < output.count }

  private func takeOutput() {
    guard session.hasOutput else { return }
    compactOutput()
    output += session.takeOutput()
  }

  private func compactOutput() {
    guard !hasOutput else { return }
    output.removeAll(keepingCapacity: true)
    outputPosition = 0
  }

  private func writeSome() throws(ClientError) {
    let channel = channel
    let start = outputPosition
    outputPosition += try transport { () throws(TransportError) in
      try output.withUnsafeBytes { buffer in
        Result { () throws(TransportError) in
          try channel.write(UnsafeRawBufferPointer(rebasing: buffer[start...]))
        }
      }.get()
    }
  }

  private func readSome() throws(ClientError) {
    let outcome = try transport { () throws(TransportError) in
      try channel.read(into: UnsafeMutableRawBufferPointer(rebasing: input[end...]))
    }
    switch outcome {
    case .bytes(let count): end += count
    case .wouldBlock: break
    case .endOfStream:
      throw .transport(.connectionLost(reason: "the server closed it"))
    }
  }

  private func wait(for interest: Interest) throws(ClientError) -> Interest {
    try transport { () throws(TransportError) in
      try channel.wait(for: interest, until: .after(seconds: account.timeout))
    }
  }
}

/// Runs something of `Transport`, its errors made this layer's.
func transport<Value>(
  _ body: () throws(TransportError) -> Value
) throws(ClientError) -> Value {
  do throws(TransportError) { return try body() } catch { throw .transport(error) }
}
