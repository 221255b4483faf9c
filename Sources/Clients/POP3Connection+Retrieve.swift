package import Protocols

/// What comes of messages that were asked for, in the order of the numbers.
package enum POP3MessageEvent {
  /// The message of this number begins.
  case begins(UInt32)
  /// Octets of it as on the wire, dots unstuffed; valid until the closure returns.
  case chunk(UnsafeRawBufferPointer)
  /// It has come whole.
  case ends(UInt32)
  /// The server does not give it, and says why; the others are not concerned.
  case refused(UInt32, ResponseText)
}

/// How much may be on its way at a time.
package struct POP3Window: Sendable {
  /// The most octets, as the server announces them; one message may have more.
  package let octets: UInt64
  /// The most messages.
  package let messages: Int

  package init(octets: UInt64, messages: Int) {
    self.octets = octets
    self.messages = messages
  }

  /// 32 MiB, 1,024 messages.
  ///
  /// The half that is left when more is asked for fills a fast link for a tenth of a second. Nothing of it is
  /// kept here.
  package static let standard = POP3Window(octets: 32 << 20, messages: 1024)

  /// One message after the other.
  package static let single = POP3Window(octets: 0, messages: 1)

  /// What a message counts for whose size is not known.
  static let unknownSize: UInt64 = 16 << 10
}

extension POP3Connection {
  /// Asks for messages, several at a time where the server can do that.
  ///
  /// A server marks a message as seen when it sends it. All that `numbers` asks for is told as ended or
  /// refused, in its order, unless this throws.
  ///
  /// - Parameters:
  ///   - numbers: which messages, in the order in which they are asked for.
  ///   - sizes: what `list` gave: how far to ask ahead. Nothing else depends on it.
  ///   - window: how far to ask ahead at most.
  ///   - body: takes what comes. If it throws, the connection is of no more use.
  /// - Throws: `ClientError`; what `body` throws.
  package func retrieve(
    _ numbers: [UInt32], sizes: [UInt32: UInt64], window: POP3Window,
    _ body: (POP3MessageEvent) throws -> Void
  ) throws {
    try stream(numbers, window, size: { sizes[$0] ?? POP3Window.unknownSize }, body) { .retr($0) }
  }

  /// Asks for the headers of messages, several at a time where the server can do that.
  ///
  /// A server may send more than the header, up to the whole message. Where it has no TOP each message
  /// is refused, without being asked for if the server says that it has none.
  ///
  /// - Parameters:
  ///   - numbers: which messages, in the order in which they are asked for.
  ///   - window: how many to ask ahead at most.
  ///   - body: takes what comes. If it throws, the connection is of no more use.
  /// - Throws: `ClientError`; what `body` throws.
  package func top(
    _ numbers: [UInt32], window: POP3Window, _ body: (POP3MessageEvent) throws -> Void
  ) throws {
    guard capabilities?.hasTop != false else {
      let text = ResponseText(code: nil, text: "the server does not offer TOP")
      for number in numbers { try body(.refused(number, text)) }
      return
    }
    try stream(numbers, window, size: { _ in 0 }, body) { .top($0, lines: 0) }
  }

  private func stream(
    _ numbers: [UInt32], _ window: POP3Window, size: (UInt32) -> UInt64,
    _ body: (POP3MessageEvent) throws -> Void, _ command: (UInt32) -> POP3Command
  ) throws {
    var unsent = numbers[...]
    var onTheWay = OnTheWay(window: canPipeline ? window : .single)
    while true {
      for number in onTheWay.refill(from: &unsent, size: size) {
        try send(command(number))
      }
      if onTheWay.isEmpty { return }
      switch try next() {
      case .messageBegins(let number): try body(.begins(number))
      case .messageChunk(let range): try body(.chunk(chunk(range)))
      case .messageCarriageReturn:
        try withUnsafeBytes(of: UInt8(13)) { try body(.chunk($0)) }
      case .completed(let kind, let reply):
        guard let number = kind.message else { continue }
        try takeUnasked()
        onTheWay.arrived()
        try body(reply.isOK ? .ends(number) : .refused(number, ResponseText(reply)))
      default: continue
      }
    }
  }
}

/// The messages that were asked for and have not come.
struct OnTheWay {
  private let window: POP3Window
  private var sizes: [UInt64] = []
  private var octets: UInt64 = 0

  init(window: POP3Window) { self.window = window }

  var isEmpty: Bool { sizes.isEmpty }

  /// What to ask for next; waits until half of the window is free, so that requests leave together.
  mutating func refill(
    from unsent: inout ArraySlice<UInt32>, size: (UInt32) -> UInt64
  ) -> [UInt32] {
    guard isEmpty || sizes.count <= window.messages / 2 && octets <= window.octets / 2 else {
      return []
    }
    var asked: [UInt32] = []
    while let number = unsent.first {
      // A size may be any number that a server makes up.
      let octets = min(size(number), UInt64(UInt32.max))
      guard isEmpty || sizes.count < window.messages && self.octets + octets <= window.octets
      else { break }
      unsent.removeFirst()
      sizes.append(octets)
      self.octets += octets
      asked.append(number)
    }
    return asked
  }

  /// The oldest one has come.
  mutating func arrived() {
    guard !isEmpty else { return }
    octets -= sizes.removeFirst()
  }
}
