/// Bytes on their way to the server, and what has to happen before the next may go.
struct OutputQueue {
  /// What a piece waits for when it is the first in line.
  enum Gate: Equatable {
    case open

    /// A `+` from the server (RFC 9051, section 7.6).
    case continuation

    /// The end of a command after which nothing may be pipelined.
    case completion(CommandTag)

    /// The caller, who writes a message's bytes past the queue.
    case caller
  }

  /// Bytes of one command that go out together.
  struct Piece {
    let tag: CommandTag
    var gate: Gate
    var bytes: [UInt8]
  }

  /// What can be sent now.
  private(set) var ready: [UInt8] = []

  /// What waits, in order.
  private var held: [Piece] = []

  /// The command that has to end before any other may go.
  private var barrier: CommandTag?

  /// Whether something waits.
  var isHolding: Bool { !held.isEmpty }

  /// Whether the caller may write past the queue now, once `ready` is sent.
  var awaitsCaller: Bool { held.first?.gate == .caller }

  /// The command that waits for `+`, if the first in line does.
  var awaitsContinuation: CommandTag? {
    guard let first = held.first, first.gate == .continuation else { return nil }
    return first.tag
  }

  /// Hands over what can be sent.
  mutating func take() -> [UInt8] {
    defer { ready = [] }
    return ready
  }

  /// Puts a piece at the end of the line.
  mutating func append(_ piece: Piece) {
    var piece = piece
    if let barrier, barrier != piece.tag,
      !held.contains(where: { $0.gate == .completion(barrier) })
    {
      piece.gate = .completion(barrier)
    }
    held.append(piece)
    release()
  }

  /// Sends bytes past whatever waits.
  mutating func sendNow(_ bytes: [UInt8]) { ready += bytes }

  /// Lets nothing of other commands go before `tag` has ended.
  mutating func hold(until tag: CommandTag) { barrier = tag }

  /// Opens the first gate if it is one of `+`.
  mutating func continuationReceived() {
    guard awaitsContinuation != nil else { return }
    open()
  }

  /// Opens the first gate if it waits for the caller.
  mutating func callerFinished() {
    guard held.first?.gate == .caller else { return }
    open()
  }

  /// Drops what is left of a command that has ended, and opens the gate that waited for its end.
  mutating func completed(_ tag: CommandTag) {
    held.removeAll { $0.tag == tag }
    if barrier == tag { barrier = nil }
    for index in held.indices where held[index].gate == .completion(tag) {
      held[index].gate = .open
    }
    release()
  }

  /// Drops what is left of a command, but lets nothing go that waited for its end.
  mutating func dropHeld(by tag: CommandTag) { held.removeAll { $0.tag == tag } }

  /// Lets go what waited for the end of the command that `hold` named.
  mutating func endHold() {
    if let barrier { completed(barrier) }
  }

  private mutating func open() {
    held[0].gate = .open
    release()
  }

  private mutating func release() {
    var count = 0
    while count < held.count, held[count].gate == .open {
      ready += held[count].bytes
      count += 1
    }
    held.removeFirst(count)
  }
}
