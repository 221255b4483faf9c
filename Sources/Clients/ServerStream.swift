import Platform
import Protocols
import Transport

/// The stream to and from a server: a channel, what was read from it and is not understood yet, and what
/// waits to be written.
///
/// Blocking, and confined to the thread of its owner. After an error it is of no more use.
final class ServerStream {
  let account: ServerAccount
  /// Keeps the password out of what the server says.
  let redaction: Redaction
  /// Whether TLS protects it.
  var isEncrypted: Bool { tls != nil }
  /// What TLS was negotiated; nil where nothing protects it.
  private var tls: TLSFacts?
  /// Octets that were understood so far.
  private(set) var consumed: UInt64 = 0

  private let tcp: TCPChannel
  /// Asked at once: a connection that is closed has none.
  private let address: String?
  private var channel: any ByteChannel
  private let input: UnsafeMutableRawBufferPointer
  private var position = 0
  private var end = 0
  private var output: [UInt8] = []
  private var outputPosition = 0

  init(account: ServerAccount, channel: TCPChannel) {
    self.account = account
    tcp = channel
    address = channel.address
    self.channel = channel
    redaction = Redaction(account)
    input = .allocate(byteCount: 1 << 18, alignment: 16)
  }

  deinit {
    channel.close()
    input.deallocate()
  }

  /// Connects, with TLS if the account wants it from the start.
  static func connect(
    _ account: ServerAccount, interruption: Interruption
  ) throws(ClientError) -> ServerStream {
    let tcp = try transport { () throws(TransportError) in
      try TCPChannel.connect(
        host: account.host, port: account.port, until: .after(seconds: account.timeout),
        interruption: interruption)
    }
    let stream = ServerStream(account: account, channel: tcp)
    if account.security == .tls { try stream.secure() }
    return stream
  }

  /// Goes on within TLS.
  func secure() throws(ClientError) {
    let policy = TLSPolicy(serverName: account.host, trust: account.trust)
    let secured = try transport { () throws(TransportError) in
      try TLSChannel(over: tcp, policy, until: .after(seconds: account.timeout))
    }
    channel = secured
    tls = secured.facts
  }

  /// How the server is reached.
  var link: LinkFacts { LinkFacts(address: address, tls: tls) }

  func close() { channel.close() }
}

// MARK: - Reading

extension ServerStream {
  /// Lets a session find the next event in what was read; nil when all of that is used up.
  ///
  /// - Parameter consume: what `consume` of the session does.
  /// - Returns: what it found.
  /// - Throws: what it throws.
  func understand<Event, Failure: Error>(
    _ consume: (UnsafeRawBufferPointer, inout Int) throws(Failure) -> Event?
  ) throws(Failure) -> Event? {
    while position < end {
      let start = position
      defer { consumed += UInt64(position - start) }
      let read = UnsafeRawBufferPointer(rebasing: input[..<end])
      if let event = try consume(read, &position) { return event }
    }
    position = 0
    end = 0
    return nil
  }

  /// The octets of a range that an event of `understand` told, valid until the next call of anything
  /// here.
  func chunk(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: input[range])
  }

  /// Throws away what was read and not understood yet, as before a TLS handshake.
  ///
  /// - Returns: whether there was something.
  @discardableResult
  func discardInput() -> Bool {
    defer {
      position = 0
      end = 0
    }
    return position < end
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

// MARK: - Writing

extension ServerStream {
  /// As much is gathered before it is written.
  private static let gathered = 1 << 16

  var hasOutput: Bool { outputPosition < output.count }

  /// Puts octets behind those that wait to be written.
  func queue(_ bytes: [UInt8]) {
    compactOutput()
    output += bytes
  }

  /// Waits until there is something to read, writing meanwhile whatever is queued.
  func exchange() throws(ClientError) {
    let ready = try wait(for: hasOutput ? [.read, .write] : .read)
    if ready.contains(.write) { try writeSome() }
    if ready.contains(.read) { try readSome() }
  }

  /// Writes octets behind those that are queued; small pieces are gathered.
  ///
  /// - Parameters:
  ///   - bytes: what to write.
  ///   - readAhead: called when something was read meanwhile; it has to take all of that.
  /// - Throws: `ClientError`.
  func write(
    _ bytes: UnsafeRawBufferPointer, readAhead: () throws(ClientError) -> Void
  ) throws(ClientError) {
    if output.count - outputPosition + bytes.count <= Self.gathered {
      compactOutput()
      output.append(contentsOf: bytes)
      return
    }
    try flush(readAhead: readAhead)
    var rest = bytes
    while !rest.isEmpty {
      let count = try transport { () throws(TransportError) in try channel.write(rest) }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      if count == 0 { try waitToWrite(readAhead) }
    }
  }

  /// Writes everything that is queued.
  ///
  /// - Parameter readAhead: called when something was read meanwhile; it has to take all of that.
  /// - Throws: `ClientError`.
  func flush(readAhead: () throws(ClientError) -> Void) throws(ClientError) {
    while hasOutput {
      let before = outputPosition
      try writeSome()
      if hasOutput, before == outputPosition { try waitToWrite(readAhead) }
    }
  }

  /// Reads what there is without blocking on it, so that a server that answers while it is written to
  /// never blocks both sides.
  private func waitToWrite(
    _ readAhead: () throws(ClientError) -> Void
  ) throws(ClientError) {
    guard try wait(for: [.read, .write]).contains(.read) else { return }
    try readSome()
    try readAhead()
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
}

/// Runs something of `Transport`, its errors made this layer's.
func transport<Value>(
  _ body: () throws(TransportError) -> Value
) throws(ClientError) -> Value {
  do throws(TransportError) { return try body() } catch { throw .transport(error) }
}
