import Mail

/// Finds where responses begin and end in the bytes from a server (RFC 9051, section 2.2).
///
/// Line ends and literals are found before anything is parsed, so that a response that can't be
/// understood never costs the next one. A response that lies whole in the input is not copied; the
/// literal of a message's body never is.
struct FrameSplitter {
  /// What was found.
  enum Step {
    /// A whole response, without its line end, as a range of the input.
    case inInput(Range<Int>)

    /// A whole response, in `collected`. `streamedOffset` is where its body would stand.
    case inCollected(length: Int, streamedOffset: Int?)

    case bodyBegins(size: UInt64, partialUID: UID?)
    case bodyChunk(Range<Int>)
    case bodyEnds
  }

  /// Where in a response the next byte stands.
  private enum Phase {
    case line
    case inlineLiteral(remaining: Int)
    case body(remaining: UInt64)
  }

  let limits: IMAPLimits

  /// The response so far, if it did not lie whole in one input.
  private(set) var collected: [UInt8] = []

  private var phase = Phase.line

  /// Where in `collected` the line begins that is being collected: behind the last literal.
  private var lineStart = 0

  /// Where the body of the response in `collected` was taken out.
  private var streamedOffset: Int?

  /// Whether the response was looked at for a body already; it is done once, since it costs.
  private var hasLookedForBody = false

  init(limits: IMAPLimits) { self.limits = limits }

  /// Forgets the response in `collected` once it has been used.
  mutating func discardCollected() {
    // One long line must not hold its memory for the rest of the session.
    collected.removeAll(keepingCapacity: collected.capacity <= 1 << 16)
    streamedOffset = nil
    lineStart = 0
    hasLookedForBody = false
    phase = .line
  }

  /// Finds the next step; nil when the input is used up.
  mutating func next(
    _ input: UnsafeRawBufferPointer, from position: inout Int
  ) throws(IMAPError) -> Step? {
    if case .line = phase, collected.isEmpty,
      let range = try wholeResponse(input, from: &position)
    {
      return .inInput(range)
    }
    while true {
      switch phase {
      case .line:
        if let step = try line(input, from: &position) { return step }
        if case .line = phase { return nil }
      case .inlineLiteral(let remaining):
        let count = min(remaining, input.count - position)
        collected.append(contentsOf: input[position..<position + count])
        position += count
        guard count == remaining else {
          phase = .inlineLiteral(remaining: remaining - count)
          return nil
        }
        lineStart = collected.count
        phase = .line
      case .body(let remaining):
        guard remaining > 0 else {
          phase = .line
          return .bodyEnds
        }
        guard position < input.count else { return nil }
        let count = Int(min(remaining, UInt64(input.count - position)))
        phase = .body(remaining: remaining - UInt64(count))
        position += count
        return .bodyChunk(position - count..<position)
      }
    }
  }

  /// The quick way: a response that lies whole in the input and has no streamed body.
  ///
  /// Nil and an unmoved position for any other, which then goes the general way.
  private func wholeResponse(
    _ input: UnsafeRawBufferPointer, from position: inout Int
  ) throws(IMAPError) -> Range<Int>? {
    let start = position
    var scan = start
    while let lineFeed = input.firstLineFeed(from: scan) {
      guard lineFeed + 1 - start <= limits.lineLength else { return nil }
      let soFar = UnsafeRawBufferPointer(rebasing: input[start...lineFeed])
      guard let literal = LiteralHeader(endOf: soFar, lineStart: scan - start) else {
        position = lineFeed + 1
        return start..<soFar.contentEnd + start
      }
      guard !literal.mayAnnounceBody(in: soFar), literal.size <= UInt64(limits.inlineLiteralSize),
        literal.size <= UInt64(input.count - lineFeed - 1)
      else { return nil }
      scan = lineFeed + 1 + Int(literal.size)
    }
    return nil
  }

  /// Collects up to the next line end.
  private mutating func line(
    _ input: UnsafeRawBufferPointer, from position: inout Int
  ) throws(IMAPError) -> Step? {
    let lineFeed = input.firstLineFeed(from: position)
    let end = lineFeed.map { $0 + 1 } ?? input.count
    let room = limits.lineLength - collected.count
    guard end - position <= room else {
      collected.append(contentsOf: input[position..<position + min(room, Evidence.limit)])
      throw .lineTooLong(limit: limits.lineLength, Evidence(collected))
    }
    collected.append(contentsOf: input[position..<end])
    position = end
    guard lineFeed != nil else { return nil }
    let (header, isBody, uid, length) = collected.withUnsafeBytes { bytes in
      let header = LiteralHeader(endOf: bytes, lineStart: lineStart)
      let mayBeBody = !hasLookedForBody && header?.mayAnnounceBody(in: bytes) == true
      let found =
        mayBeBody ? FetchParser.bodyAhead(bytes, depthLimit: limits.nestingDepth) : nil
      if mayBeBody { hasLookedForBody = true }
      return (header, found != nil, found?.uid, bytes.contentEnd)
    }
    guard let header else {
      return .inCollected(length: length, streamedOffset: streamedOffset)
    }
    return isBody ? try beginBody(header, uid: uid) : try beginInline(header)
  }

  private mutating func beginBody(
    _ header: LiteralHeader, uid: UID?
  ) throws(IMAPError) -> Step? {
    guard header.size <= limits.streamedLiteralSize else {
      throw .streamedLiteralTooLarge(
        announced: header.size, limit: limits.streamedLiteralSize, Evidence(collected))
    }
    streamedOffset = collected.count
    lineStart = collected.count
    phase = .body(remaining: header.size)
    return .bodyBegins(size: header.size, partialUID: uid)
  }

  private mutating func beginInline(_ header: LiteralHeader) throws(IMAPError) -> Step? {
    guard header.size <= UInt64(limits.inlineLiteralSize) else {
      throw .inlineLiteralTooLarge(
        announced: header.size, limit: limits.inlineLiteralSize, Evidence(collected))
    }
    guard Int(header.size) <= limits.lineLength - collected.count else {
      throw .lineTooLong(limit: limits.lineLength, Evidence(collected))
    }
    phase = .inlineLiteral(remaining: Int(header.size))
    return nil
  }
}
