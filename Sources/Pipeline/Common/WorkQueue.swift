import Platform
import Synchronization

/// Hands out pieces of work to several workers, each piece once, the first ones first.
final class WorkQueue<Item: Sendable>: Sendable {
  private let items: Mutex<ArraySlice<Item>>

  init(_ items: [Item]) { self.items = Mutex(items[...]) }

  func next() -> Item? { items.withLock { $0.popFirst() } }

  /// Leaves nothing for anybody, because something failed that concerns all.
  func close() { items.withLock { $0 = [] } }
}
