import Platform
package import Protocols
import Transport

/// A live IMAP connection: a session of `Protocols` on a channel of `Transport`.
///
/// Blocking, and confined to the thread of its owner. After an error that is no `.refused` it is of
/// no more use.
package final class IMAPConnection {
  /// What was said so far, and the state that it led to.
  package internal(set) var session = IMAPSession(limits: .standard)
  /// The namespaces, once `listMailboxes` has run and where the server tells them.
  package internal(set) var namespaces: Namespaces?
  /// What the server says of itself, once `listMailboxes` has run.
  package internal(set) var serverID: [String: String] = [:]

  /// What the server said that it can before the login, on the secured connection.
  package internal(set) var offered = CapabilitySet([])
  /// The command that logged in; nil where the server took us as logged in already.
  package internal(set) var loginCommand: String?

  let stream: ServerStream
  private var queued = KeptEvents(limits: .standard)
  /// Commands that nobody waits for.
  private var unawaited: Set<CommandTag> = []
  /// How commands ended that are still to be waited for: a server may finish a later one first
  /// (RFC 9051, section 5.5).
  private var ended: [CommandTag: (status: CompletionStatus, text: ResponseText)] = [:]

  init(_ stream: ServerStream) { self.stream = stream }

  /// Whom the connection is for.
  package var account: ServerAccount { stream.account }

  /// How the server is reached.
  package var link: LinkFacts { stream.link }

  /// What the server last said that it can; empty before it has said anything.
  package var capabilities: CapabilitySet { session.capabilities ?? CapabilitySet([]) }

  /// Queues a command; it goes out with the next wait.
  package func send(_ command: IMAPCommand) -> CommandTag { session.send(command) }

  /// Queues a command whose end concerns nobody.
  func sendUnawaited(_ command: IMAPCommand) { unawaited.insert(session.send(command)) }

  /// The bytes of a `bodyChunk`, valid until the next call of anything here.
  package func chunk(_ range: Range<Int>) -> UnsafeRawBufferPointer { stream.chunk(range) }

  /// Waits for the next event, writing meanwhile whatever is queued.
  package func next() throws(ClientError) -> IMAPEvent {
    if let event = queued.next() { return event }
    return try nextUnqueued()
  }

  /// Keeps an event for a later `next`.
  func keep(_ event: IMAPEvent) throws(ClientError) {
    try queued.keep(event, consumed: stream.consumed)
  }

  /// The next event that was not kept.
  func nextUnqueued() throws(ClientError) -> IMAPEvent {
    while true {
      if let event = try nextBuffered() { return event }
      takeOutput()
      try stream.exchange()
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
      if let (status, text) = ended.removeValue(forKey: tag) {
        guard status == .ok else { throw .refused(command: name, status, text) }
        return text
      }
      let event = try next()
      guard case .completed(let tag, let status, let text) = event else {
        try body(event)
        continue
      }
      if session.mayBeOutOfStep {
        stream.close()
        throw .outOfStep(text)
      }
      ended[tag] = (status, text)
    }
  }

  /// Writes bytes of a message that APPEND announced; events that come meanwhile are kept.
  ///
  /// Small pieces are gathered, so that a command and its literal leave together.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(ClientError) {
    takeOutput()
    try stream.write(bytes, readAhead: readAhead)
  }

  /// Writes everything that is queued and may go.
  package func flush() throws(ClientError) {
    takeOutput()
    try stream.flush(readAhead: readAhead)
  }

  /// Says LOGOUT and closes; whatever goes wrong meanwhile concerns nobody any more.
  package func logout() {
    let tag = send(.logout)
    _ = try? finish(tag, "LOGOUT")
    stream.close()
  }

  /// Throws away what was read and not understood yet; before a TLS handshake.
  func discardInput() {
    stream.discardInput()
    queued.removeAll()
  }

  /// Keeps the events of what was read while the server is written to.
  private func readAhead() throws(ClientError) {
    while let event = try nextBuffered() { try keep(event) }
  }

  /// The next event in what was read; answers that nobody waits for are taken note of.
  private func nextBuffered() throws(ClientError) -> IMAPEvent? {
    while let event = try understood() {
      switch stream.redaction.clean(event) {
      case .completed(let tag, _, _) where unawaited.remove(tag) != nil: continue
      case .namespace(let found): namespaces = found
      case .id(let found): serverID = found
      case .untaggedStatus(.bye, let text) where !isLoggingOut: throw .serverClosed(text)
      case let event: return event
      }
    }
    return nil
  }

  private func understood() throws(ClientError) -> IMAPEvent? {
    do throws(IMAPError) {
      return try stream.understand { (input, position) throws(IMAPError) in
        try session.consume(input, from: &position)
      }
    } catch {
      throw .protocolViolation(stream.redaction.clean(error))
    }
  }

  private var isLoggingOut: Bool { session.outstanding.values.contains(.logout) }

  private func takeOutput() {
    if session.hasOutput { stream.queue(session.takeOutput()) }
  }
}
