import Mail

/// How many messages one FETCH asks for, and which message is to blame when the connection drops
/// again and again.
///
/// Where a drop brought nothing new, the next FETCH asks for less, down to one message; the message
/// that drops the connection twice when it is asked for alone is given up, and the rest goes on.
struct FetchWindow {
  enum Verdict: Equatable {
    case tryAgain
    case giveUp(UID)
    /// Message after message drops the connection: it is not the messages.
    case hopeless
  }

  static let largest = 500
  private static let mostGivenUpInARow = 5

  private(set) var count = largest
  private var dropsAlone = 0
  private var givenUpInARow = 0

  /// Whether a second FETCH may be on its way while the first is answered.
  var mayPipeline: Bool { count == Self.largest }

  /// A message came whole.
  mutating func received() {
    dropsAlone = 0
    givenUpInARow = 0
  }

  /// A FETCH was answered to its end.
  mutating func answered() { count = min(Self.largest, count * 4) }

  /// The connection dropped.
  ///
  /// - Parameters:
  ///   - first: the first message that was asked for and did not come; nil where none is left.
  ///   - progressed: whether messages came since the drop before.
  /// - Returns: how to go on.
  mutating func dropped(at first: UID?, progressed: Bool) -> Verdict {
    guard let first, !progressed else { return .tryAgain }
    guard count == 1 else {
      count = max(1, count / 8)
      return .tryAgain
    }
    dropsAlone += 1
    guard dropsAlone >= 2 else { return .tryAgain }
    dropsAlone = 0
    givenUpInARow += 1
    return givenUpInARow > Self.mostGivenUpInARow ? .hopeless : .giveUp(first)
  }
}
