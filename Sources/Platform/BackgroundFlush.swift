import Dispatch
import Synchronization

/// Flushes of one file while more is written to it, so that the last one has little left to do.
///
/// What they meet is not lost: whoever flushes at the end asks for it, as the system tells an error of
/// the disk once only.
package final class BackgroundFlush: Sendable {
  // Its first value is its highest, as Dispatch wants it when it is let go.
  private let idle = DispatchSemaphore(value: 0)
  private let failure = Mutex<SystemError?>(nil)

  /// Makes one for a file that nobody flushes yet.
  package init() { idle.signal() }

  /// Begins a flush, unless one is under way or no thread can be had.
  ///
  /// - Parameter open: gives the file, on the other thread.
  package func start(_ open: @escaping @Sendable () throws(SystemError) -> FileDescriptor) {
    guard idle.wait(timeout: .now()) == .success else { return }
    do {
      try WorkerThread.detach(name: "mailarc-flush") { [self] in
        do throws(SystemError) {
          let file = try open()
          try file.flushData()
        } catch {
          failure.withLock { $0 = $0 ?? error }
        }
        idle.signal()
      }
    } catch {
      idle.signal()
    }
  }

  /// Waits for the flush that is under way.
  ///
  /// - Throws: what one met since this was asked last.
  package func finish() throws(SystemError) {
    idle.wait()
    idle.signal()
    let failure = failure.withLock { failure in
      defer { failure = nil }
      return failure
    }
    if let failure { throw failure }
  }
}
