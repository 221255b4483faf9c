/// Finds the end of a message that a server sends, and the octets that were added on the way
/// (RFC 1939, section 3), without copying it.
///
/// A line ends with CRLF and nothing else: in a message with other line ends, a server that sends them
/// as they are may have left dots behind them alone. Only from a server that ends even its own lines
/// with LF alone does that count.
struct DotUnstuffer: Sendable {
  enum Step: Equatable {
    case chunk(Range<Int>)
    /// A CR that belongs to the message and came in the buffer before.
    case carriageReturn
    case end
  }

  private enum Phase {
    case lineStart
    /// Behind a dot at the start of a line, which is no part of the message.
    case dot
    case dotCarriageReturn
    /// In a line; `true` right behind a CR.
    case line(Bool)
  }

  private let endsWithLineFeed: Bool
  private var phase = Phase.lineStart

  /// At the start of a message.
  ///
  /// - Parameter endsWithLineFeed: whether a line may end with LF alone.
  init(endsWithLineFeed: Bool) { self.endsWithLineFeed = endsWithLineFeed }

  /// Finds the next step; nil when the input is used up.
  mutating func next(_ input: UnsafeRawBufferPointer, from position: inout Int) -> Step? {
    let entry = position
    while position < input.count {
      switch phase {
      case .lineStart:
        if input[position] == UInt8(ascii: ".") {
          position += 1
          phase = .dot
        } else {
          phase = .line(false)
        }
      case .dot:
        switch input[position] {
        case 13:
          position += 1
          phase = .dotCarriageReturn
        case 10 where endsWithLineFeed:
          position += 1
          return .end
        default: phase = .line(false)
        }
      case .dotCarriageReturn:
        if input[position] == 10 {
          position += 1
          return .end
        }
        phase = .line(true)
        guard position > entry else { return .carriageReturn }
        // It is still there.
        return chunk(input, from: position - 1, to: &position)
      case .line:
        return chunk(input, from: position, to: &position)
      }
    }
    return nil
  }

  /// What lies from `start` on up to a dot at the start of a line, or to the end of the input.
  private mutating func chunk(
    _ input: UnsafeRawBufferPointer, from start: Int, to position: inout Int
  ) -> Step {
    var isAfterCR = if case .line(true) = phase { true } else { false }
    var scan = position
    while let lineFeed = input.firstLineFeed(from: scan) {
      if lineFeed > start { isAfterCR = input[lineFeed - 1] == 13 }
      let next = lineFeed + 1
      if isAfterCR || endsWithLineFeed {
        guard next < input.count, input[next] != UInt8(ascii: ".") else {
          position = next
          phase = .lineStart
          return .chunk(start..<next)
        }
      }
      isAfterCR = false
      scan = next
    }
    position = input.count
    phase = .line(input[input.count - 1] == 13)
    return .chunk(start..<position)
  }
}
