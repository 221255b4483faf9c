/// Tells a server that refuses whatever it gets from one that means the messages.
///
/// Refusals without a code are held back until a later message came through; only then were they the
/// messages' own fault.
struct RefusalStreak {
  struct Held {
    let message: OutgoingMessage
    let reason: String
  }

  /// So many refusals in a row with the same words may be the server's own trouble.
  private static let suspicious = 3

  /// The refusals since a message came through.
  private(set) var held: [Held] = []
  /// Whether a message from elsewhere in the queue is on its way, to find out.
  private(set) var isProbing = false

  var isSuspicious: Bool { held.count >= Self.suspicious }

  /// Whether a message sent to find out was refused as well.
  private(set) var isGeneral = false

  /// Adds a refusal.
  ///
  /// - Returns: those that other words ended, and so were the messages' own.
  mutating func add(_ message: OutgoingMessage, _ reason: String) -> [Held] {
    let ended = held.last.map { $0.reason != reason } ?? false ? end() : []
    held.append(Held(message: message, reason: reason))
    isGeneral = isProbing
    return ended
  }

  mutating func probe() { isProbing = true }

  /// A message came through.
  ///
  /// - Returns: the refusals that were held back.
  mutating func end() -> [Held] {
    defer { self = RefusalStreak() }
    return held
  }
}
