import Mail

/// How many messages go out in one batch, and which message is to blame when the connection breaks
/// again and again.
///
/// Where a break brought nothing new, the next batch is smaller, down to one message; the message that
/// breaks the connection twice when it is sent alone is named.
struct AppendWindow {
  enum Verdict: Equatable {
    case tryAgain
    case blame(ContentDigest)
    /// Message after message breaks the connection: it is not the messages.
    case hopeless
  }

  static let largest = 200
  private static let mostBlamedInARow = 3

  private(set) var limit = largest
  private var suspect: ContentDigest?
  private var breaksAlone = 0
  private var blamedInARow = 0
  private var breaksInARow = 0
  private static let mostBreaksInARow = 12

  /// Whether a second batch may be on its way while the first is being stored.
  var mayPipeline: Bool { limit == Self.largest }

  /// A batch was stored.
  mutating func appended() {
    limit = min(Self.largest, limit * 4)
    suspect = nil
    breaksAlone = 0
    blamedInARow = 0
    breaksInARow = 0
  }

  /// The connection broke while the messages `open` were on their way.
  mutating func broke(open: [ContentDigest]) -> Verdict {
    breaksInARow += 1
    guard breaksInARow <= Self.mostBreaksInARow else { return .hopeless }
    guard limit == 1, open.count == 1, let digest = open.first else {
      limit = max(1, limit / 8)
      return .tryAgain
    }
    breaksAlone = digest == suspect ? breaksAlone + 1 : 1
    suspect = digest
    guard breaksAlone >= 2 else { return .tryAgain }
    suspect = nil
    blamedInARow += 1
    return blamedInARow > Self.mostBlamedInARow ? .hopeless : .blame(digest)
  }
}
