import Platform
import Synchronization

/// Hands out pieces of work to several workers, each piece once, the first ones first.
final class WorkQueue<Item: Sendable>: Sendable {
  fileprivate struct State {
    var items: ArraySlice<Item>
    /// Workers that are not ready yet, and what calls them home.
    var newcomers: [ObjectIdentifier: Interruption] = [:]
  }

  private let state: Mutex<State>

  init(_ items: [Item]) { state = Mutex(State(items: items[...])) }

  func next() -> Item? {
    let (item, home) = state.withLock { state in (state.items.popFirst(), state.takeHome()) }
    for newcomer in home { newcomer.interrupt() }
    return item
  }

  /// Leaves nothing for anybody, because something failed that concerns all.
  func close() {
    let home = state.withLock { state in
      state.items = []
      return state.takeHome()
    }
    for newcomer in home { newcomer.interrupt() }
  }

  /// An interruption for a worker that gets ready, raised once there is nothing left for it to do; nil if
  /// there is nothing by now.
  func newcomer(within interruption: Interruption) -> Interruption? {
    guard let own = try? Interruption(within: interruption) else { return nil }
    return state.withLock { state in
      guard !state.items.isEmpty else { return nil }
      state.newcomers[ObjectIdentifier(own)] = own
      return own
    }
  }

  /// The worker is ready, and will not be called home; false if it was.
  func admit(_ newcomer: Interruption) -> Bool {
    state.withLock { $0.newcomers.removeValue(forKey: ObjectIdentifier(newcomer)) != nil }
  }
}

extension WorkQueue.State {
  /// Those for whom there is nothing to do.
  fileprivate mutating func takeHome() -> [Interruption] {
    guard items.isEmpty, !newcomers.isEmpty else { return [] }
    defer { newcomers = [:] }
    return Array(newcomers.values)
  }
}
