import Platform
import Synchronization

/// How many connections to a server one run may have at a time, as its workers learn it.
///
/// Shared by the workers of a run. Each asks for a place before it connects and gives it back with its
/// connection.
package final class ConnectionBudget: Sendable {
  fileprivate struct State {
    /// Connections that are there, and attempts to make one.
    var open = 0
    var opening = 0
    /// How many connections were given back or lost so far.
    var closings = 0
    /// What the server took at most; nil as long as it took all.
    var ceiling: Int?
    var hasConnected = false
    /// The password is not sent again where it was refused to somebody with work in hand.
    var refusal: ClientError?
    /// Rung when a place may be free.
    var waiting: [ObjectIdentifier: Interruption] = [:]
    /// Rung when somebody waits for a place.
    var resting: [ObjectIdentifier: Interruption] = [:]

    var taken: Int { open + opening }

    var isFull: Bool {
      guard let ceiling, taken > 0 else { return false }
      return taken >= ceiling
    }
  }

  private let state = Mutex(State())

  package init() {}

  /// Whether any worker of the run had a connection.
  var hasConnected: Bool { state.withLock { $0.hasConnected } }

  /// How many connections were given back or lost so far.
  var closings: Int { state.withLock { $0.closings } }

  /// How many connections the server takes at most; nil where it refused none.
  package var ceiling: Int? { state.withLock { $0.ceiling } }

  // MARK: Connecting

  /// Takes a place for an attempt.
  ///
  /// - Parameter evenIfFull: to look whether the server still takes no further connection.
  /// - Returns: whether it got one.
  /// - Throws: the refusal of a login of this run.
  func claim(evenIfFull: Bool) throws(ClientError) -> Bool {
    let (refusal, isClaimed) = state.withLock { state in
      if state.refusal != nil { return (state.refusal, false) }
      guard evenIfFull || !state.isFull else { return (nil, false) }
      state.opening += 1
      return (nil, true)
    }
    if let refusal { throw refusal }
    return isClaimed
  }

  /// The attempt made a connection.
  func opened() {
    state.withLock { state in
      state.opening -= 1
      state.open += 1
      state.hasConnected = true
      state.ceiling = state.ceiling.map { max($0, state.open) }
    }
  }

  /// The attempt failed.
  ///
  /// - Parameters:
  ///   - mayBeFull: whether it looks as if the server took no further connection.
  ///   - since: `closings` before the attempt.
  /// - Returns: whether that is so because others of this run have theirs, or had until a moment ago.
  @discardableResult
  func failed(mayBeFull: Bool, since: Int) -> Bool {
    let (isFull, bells) = state.withLock { state in
      state.opening -= 1
      let isFull = mayBeFull && state.open > 0
      if isFull { state.ceiling = min(state.ceiling ?? .max, state.open) }
      let wasFull = mayBeFull && state.closings != since
      return (isFull || wasFull, isFull ? [] : state.takeWaiting())
    }
    for bell in bells { bell.interrupt() }
    return isFull
  }

  /// The login was refused to a worker that needs it: nobody of this run tries it again.
  func refused(_ error: ClientError) { state.withLock { $0.refusal = error } }

  /// A connection was given back, or lost.
  func closed() {
    let bells = state.withLock { state in
      state.open -= 1
      state.closings += 1
      return state.takeWaiting()
    }
    for bell in bells { bell.interrupt() }
  }

  // MARK: Waiting

  /// Has a bell rung when a place may be free; false if one is.
  func wait(_ bell: Interruption) -> Bool {
    let resting: [Interruption]? = state.withLock { state in
      guard state.isFull else { return nil }
      state.waiting[ObjectIdentifier(bell)] = bell
      defer { state.resting = [:] }
      return Array(state.resting.values)
    }
    for bell in resting ?? [] { bell.interrupt() }
    return resting != nil
  }

  /// Has a bell rung when somebody waits for a place; false if somebody does.
  func rest(_ bell: Interruption) -> Bool {
    state.withLock { state in
      guard state.waiting.isEmpty else { return false }
      state.resting[ObjectIdentifier(bell)] = bell
      return true
    }
  }

  /// Forgets a bell.
  func forget(_ bell: Interruption) {
    state.withLock { state in
      state.waiting[ObjectIdentifier(bell)] = nil
      state.resting[ObjectIdentifier(bell)] = nil
    }
  }
}

extension ConnectionBudget.State {
  fileprivate mutating func takeWaiting() -> [Interruption] {
    defer { waiting = [:] }
    return Array(waiting.values)
  }
}
