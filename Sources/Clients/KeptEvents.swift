import Protocols

/// What a server says while it is written to, kept until somebody asks.
struct KeptEvents {
  /// The most events that are kept, and the most octets that they may have had on the wire.
  struct Limits {
    let events: Int
    let octets: UInt64

    static let standard = Limits(events: 100_000, octets: 64 << 20)
  }

  private let limits: Limits
  private var events: ArraySlice<IMAPEvent> = []
  /// Where in the stream the oldest one ended.
  private var start: UInt64 = 0

  init(limits: Limits) { self.limits = limits }

  /// Keeps an event.
  ///
  /// - Parameters:
  ///   - event: the newest one.
  ///   - consumed: how many octets of the stream it and all before it took.
  /// - Throws: `ClientError.tooMuch`.
  mutating func keep(_ event: IMAPEvent, consumed: UInt64) throws(ClientError) {
    if events.isEmpty { start = consumed }
    guard events.count < limits.events, consumed - start <= limits.octets else {
      throw .tooMuch("news while it is written to", limit: limits.events)
    }
    events.append(event)
  }

  /// The oldest event.
  mutating func next() -> IMAPEvent? {
    guard let event = events.popFirst() else { return nil }
    if events.isEmpty { removeAll() }
    return event
  }

  mutating func removeAll() { events = [] }
}
