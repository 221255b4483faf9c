import Glibc
import Synchronization

/// Named points at which a process may die, so that tests can let it die at each of them.
///
/// A process whose environment has `MAILARC_KILL_AT_STEP=N` kills itself with SIGKILL at the N-th
/// point it passes; `MAILARC_KILL_AT_POINT=NAME` beside it counts only points of that name. With
/// `MAILARC_LIST_STEPS_IN=FILE` it writes the name of each point that it passes into that file, which
/// must be there, one a line. Without any of these variables a point is a comparison.
package enum Checkpoint {
  private struct Orders: Sendable {
    let last: Int?
    let onlyName: String?
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
      list: path.map {
        open($0, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
      } ?? -1)
  }

  private static func obey(_ orders: Orders, _ name: StaticString) {
    if let onlyName = orders.onlyName, onlyName != name.description { return }
    let number = passed.add(1, ordering: .sequentiallyConsistent).newValue
    if orders.list >= 0 {
      _ = Array("\(name)\n".utf8).withUnsafeBytes {
        write(orders.list, $0.baseAddress, $0.count)
      }
    }
    if number == orders.last { kill(getpid(), SIGKILL) }
  }
}
