import CPlatform
import Glibc
import Synchronization

/// A request to stop that wakes whoever waits in `Poller.wait`, on any number of threads.
///
/// It is raised once and stays raised. Its pipe is never drained, so every waiter sees it.
package final class Interruption: Sendable {
  private let raised = Atomic<Bool>(false)
  private let readEnd: FileDescriptor
  private let writeEnd: FileDescriptor
  private let parent: Interruption?

  /// Makes one that is not raised.
  ///
  /// - Parameter parent: counts as this one where it is raised.
  /// - Throws: if the process has no descriptors left.
  package init(within parent: Interruption? = nil) throws(SystemError) {
    var ends: [Int32] = [-1, -1]
    try retrying("make a pipe", nil) { mailarc_pipe(&ends, O_CLOEXEC | O_NONBLOCK) }
    readEnd = FileDescriptor(owning: ends[0])
    writeEnd = FileDescriptor(owning: ends[1])
    self.parent = parent
    descriptors = (parent?.descriptors ?? []) + [ends[0]]
  }

  /// Raises it; may be called from any thread, and from a signal handler.
  package func interrupt() {
    guard !raised.exchange(true, ordering: .sequentiallyConsistent) else { return }
    let saved = Glibc.errno
    var byte: UInt8 = 1
    _ = Glibc.write(writeEnd.rawValue, &byte, 1)
    Glibc.errno = saved
  }

  /// Whether it was raised, or the one that it is within.
  package var isInterrupted: Bool {
    raised.load(ordering: .sequentiallyConsistent) || parent?.isInterrupted == true
  }

  /// Becomes readable when it is raised itself, for a `poll` of one's own.
  package var descriptor: Int32 { readEnd.rawValue }

  /// One of them becomes readable when `isInterrupted` turns true.
  let descriptors: [Int32]
}
