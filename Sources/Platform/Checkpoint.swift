import Glibc
import Synchronization

/// Named points at which a process may die, so that tests can let it die at each of them.
///
/// In a debug build a process whose environment has `MAILARC_KILL_AT_STEP=N` kills itself with
/// SIGKILL at the N-th point it passes; `MAILARC_KILL_AT_POINT=NAME` beside it counts only points of
/// that name. In a release build there is nothing of this.
package enum Checkpoint {
  #if DEBUG
    private static let passed = Atomic<Int>(0)
    private static let last: Int? = Environment.value("MAILARC_KILL_AT_STEP").flatMap { Int($0) }
    private static let onlyName = Environment.value("MAILARC_KILL_AT_POINT")
  #endif

  /// Passes one point; `name` is for the reader of the code.
  @inline(__always)
  package static func pass(_ name: StaticString) {
    #if DEBUG
      guard let last else { return }
      if let onlyName, onlyName != name.description { return }
      if passed.add(1, ordering: .sequentiallyConsistent).newValue == last {
        kill(getpid(), SIGKILL)
      }
    #endif
  }
}
