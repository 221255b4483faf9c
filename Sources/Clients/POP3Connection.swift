package import Mail
package import Protocols

/// A live POP3 connection: a session of `Protocols` on a channel of `Transport`.
///
/// Blocking, and confined to the thread of its owner. It can't change the mailbox; what a server does
/// by itself when it sends a message is its own affair. After an error that is no `.refused` it is of
/// no more use, and letting go of it closes it.
package final class POP3Connection {
  private let stream: ServerStream
  private var session = POP3Session(limits: .standard)
  private var knownStatus: POP3Status?
  /// What the server said by itself when nothing was asked.
  private var goodbye: ResponseText?

  init(_ stream: ServerStream) { self.stream = stream }

  /// Whom the connection is for.
  package var account: ServerAccount { stream.account }

  /// What the server said that it can; nil where it does not say.
  package var capabilities: POP3Capabilities? { session.capabilities }

  /// What the server said that it can before the login, on the secured connection; nil where it does not
  /// say.
  package internal(set) var offered: POP3Capabilities?
  /// What logged in.
  package internal(set) var loginCommand: String?

  /// How the server is reached.
  package var link: LinkFacts { stream.link }

  /// Whether the next command may go before the one before is answered.
  package var canPipeline: Bool { capabilities?.hasPipelining ?? false }

  /// How many messages there are: what holds for the whole connection is asked once.
  ///
  /// Messages are numbered from 1 on.
  ///
  /// - Throws: `ClientError`, `.tooMuch` for more than a listing may have.
  package func status() throws(ClientError) -> POP3Status {
    if let knownStatus { return knownStatus }
    let reply = try run(.stat, "STAT")
    guard let status = POP3Status(reply) else {
      throw .pop3Violation(stream.redaction.clean(.unreadableStatus(Evidence(reply.text.utf8))))
    }
    // What is kept of each is made before anything of it has come.
    let limit = POP3Limits.standard.listingLines
    guard status.count <= limit else { throw .tooMuch("messages", limit: limit) }
    knownStatus = status
    return status
  }

  /// The sizes that the server announces by message number.
  ///
  /// They serve to estimate and nothing else: servers count other octets than they send. A message whose
  /// line can't be read, or comes twice with different sizes, is left out.
  package func list() throws(ClientError) -> [UInt32: UInt64] {
    var sizes = OncePerNumber<UInt64>(count: try status().count)
    try run(.list, "LIST") { event in
      if case .listed(let number, let octets) = event { sizes.take(number, octets) }
    }
    return sizes.values
  }

  /// What the server calls each message, in the order of their numbers; nil where it can't tell.
  ///
  /// They may repeat. A message whose line can't be read, or comes twice with different ones, is left
  /// out.
  package func uidls() throws(ClientError) -> [(number: UInt32, uidl: UIDL)]? {
    guard capabilities?.hasUIDL != false else { return nil }
    var uidls = OncePerNumber<UIDL>(count: try status().count)
    do throws(ClientError) {
      try run(.uidl, "UIDL") { event in
        if case .uidl(let number, let uidl) = event { uidls.take(number, uidl) }
      }
    } catch {
      // A server that has it and can't do it now is another matter.
      guard case .refused(_, _, let text) = error, text.code?.isTemporary != true else {
        throw error
      }
      return nil
    }
    return uidls.values.sorted { $0.key < $1.key }.map { (number: $0.key, uidl: $0.value) }
  }

  /// Whether no answer is outstanding.
  var hasNothingDue: Bool { session.outstanding.isEmpty }

  /// Closes without a word.
  func close() { stream.close() }

  /// Says QUIT, so that the server lets go of the mailbox, and closes; whatever goes wrong meanwhile
  /// concerns nobody any more.
  ///
  /// Where answers are outstanding it only closes: they may be all the rest of the mail.
  package func quit() {
    if session.outstanding.isEmpty { _ = try? run(.quit, "QUIT") }
    stream.close()
  }
}

// MARK: - Events

extension POP3Connection {
  /// Waits for the next event, writing meanwhile whatever is queued.
  func next() throws(ClientError) -> POP3Event {
    while true {
      if let event = try understood() {
        if case .unasked(let reply) = event { throw .serverClosed(ResponseText(reply)) }
        return event
      }
      if session.hasOutput { stream.queue(session.takeOutput()) }
      try stream.exchange()
    }
  }

  private func understood() throws(ClientError) -> POP3Event? {
    do throws(POP3Error) {
      return try stream.understand { (input, position) throws(POP3Error) in
        try session.consume(input, from: &position)
      }.map(stream.redaction.clean)
    } catch {
      throw .pop3Violation(stream.redaction.clean(error))
    }
  }

  /// The octets of a `messageChunk`, valid until the next call of anything here.
  func chunk(_ range: Range<Int>) -> UnsafeRawBufferPointer { stream.chunk(range) }

  /// Queues a command; it goes out with the next wait.
  func send(_ command: POP3Command) throws(ClientError) {
    try takeUnasked()
    if let goodbye { throw .serverClosed(goodbye) }
    session.send(command)
  }

  /// Looks at what was read behind the last answer, if no other is due.
  ///
  /// It is no answer to what will be asked. What is not even a refusal shows that the end of the last
  /// answer was none.
  func takeUnasked() throws(ClientError) {
    while session.outstanding.isEmpty, let event = try understood() {
      if case .unasked(let reply) = event { goodbye = ResponseText(reply) }
    }
  }

  /// Runs one command to its end, when no other is outstanding.
  ///
  /// - Returns: the answer, which is `+OK`.
  /// - Throws: `ClientError.refused` with `name` for `-ERR`; what `body` throws.
  @discardableResult
  func run(
    _ command: POP3Command, _ name: String,
    _ body: (POP3Event) throws(ClientError) -> Void = { _ in }
  ) throws(ClientError) -> POP3Reply {
    try send(command)
    while true {
      let event = try next()
      if case .completed(_, let reply) = event {
        guard reply.isOK else { throw .refused(command: name, .no, ResponseText(reply)) }
        return reply
      }
      try body(event)
    }
  }

  /// Goes on within TLS after the server accepted STLS.
  func secure() throws(ClientError) {
    // What stands behind the answer can only have been put there by somebody on the way.
    let sawBytes = session.discardBeforeTLS()
    guard !stream.discardInput(), !sawBytes else { throw .pop3Violation(.bytesBeforeTLS) }
    try stream.secure()
  }

  /// Whether TLS protects the connection.
  var isEncrypted: Bool { stream.isEncrypted }
}

/// What a listing says of messages, where it says one thing of each.
private struct OncePerNumber<Value: Equatable> {
  let count: UInt32
  private(set) var values: [UInt32: Value] = [:]
  private var contradicted: Set<UInt32> = []

  init(count: UInt32) { self.count = count }

  mutating func take(_ number: UInt32, _ value: Value) {
    guard number <= count, !contradicted.contains(number) else { return }
    if let known = values[number], known != value {
      contradicted.insert(number)
      values[number] = nil
    } else {
      values[number] = value
    }
  }
}
