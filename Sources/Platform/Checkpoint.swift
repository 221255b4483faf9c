import Glibc
import Synchronization

/// Named points at which a process may die, so that tests can let it die at each of them.
///
/// A process whose environment has `MAILARC_KILL_AT_STEP=N` kills itself with SIGKILL at the N-th
/// point it passes; `MAILARC_KILL_AT_POINT=NAME` beside it counts only points of that name, and
/// `MAILARC_KILL_AFTER_MICROSECONDS=N` lets it live so much longer. With `MAILARC_LIST_STEPS_IN=FILE` it
/// writes the moment (nanoseconds of the monotonic clock) and the name of each point that it passes into
/// that file, which must be there, one a line. Without any of these variables a point is a comparison.
package enum Checkpoint {
  private struct Orders: Sendable {
    let last: Int?
    let onlyName: String?
    /// Microseconds.
    let delay: UInt32?
    /// Open as long as the process lives; negative for none.
    let list: Int32
  }

  private static let passed = Atomic<Int>(0)
  private static let orders = readOrders()

  /// Passes one point; `name` is for the reader of the code.
  @inline(__always)
  package static func pass(_ name: StaticString) {
    guard let orders else { return }
    obey(orders, name)
  }

  private static func readOrders() -> Orders? {
    let last = Environment.value("MAILARC_KILL_AT_STEP").flatMap { Int($0) }
    let path = Environment.value("MAILARC_LIST_STEPS_IN")
    guard last != nil || path != nil else { return nil }
    return Orders(
      last: last, onlyName: Environment.value("MAILARC_KILL_AT_POINT"),
      delay: Environment.value("MAILARC_KILL_AFTER_MICROSECONDS").flatMap { UInt32($0) },
      list: path.map {
        open($0, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
      } ?? -1)
  }

  private static func obey(_ orders: Orders, _ name: StaticString) {
    if orders.list >= 0 {
      _ = Array("\(MonotonicClock.now.nanoseconds) \(name)\n".utf8).withUnsafeBytes {
        write(orders.list, $0.baseAddress, $0.count)
      }
    }
    if let onlyName = orders.onlyName, onlyName != name.description { return }
    guard passed.add(1, ordering: .sequentiallyConsistent).newValue == orders.last else { return }
    guard let delay = orders.delay else {
      kill(getpid(), SIGKILL)
      return
    }
    try? WorkerThread.detach(name: "mailarc-end") {
      usleep(delay)
      kill(getpid(), SIGKILL)
    }
  }
}
