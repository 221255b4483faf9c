import Dispatch
import Synchronization

/// A short queue from one thread to another: who puts waits while it is full, who takes while it is empty.
package final class HandOff<Item: Sendable>: Sendable {
  private let items = Mutex<[Item]>([])
  private let room = DispatchSemaphore(value: 0)
  private let filled = DispatchSemaphore(value: 0)

  /// A queue for so many items.
  package init(capacity: Int) {
    // Dispatch stops a process that lets go of a semaphore below its first value.
    for _ in 0..<capacity { room.signal() }
  }

  /// Puts an item behind the others.
  ///
  /// Where it was the caller's last reference to some storage, whoever takes it has the only one, and can
  /// change that without a copy.
  package func put(_ item: consuming Item) {
    var item: Item? = item
    room.wait()
    items.withLock { items in
      if let item = item.take() { items.append(item) }
    }
    filled.signal()
  }

  /// Takes the first item.
  package func take() -> Item {
    filled.wait()
    defer { room.signal() }
    return items.withLock { $0.removeFirst() }
  }
}
