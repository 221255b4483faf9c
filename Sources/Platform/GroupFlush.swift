import Glibc
import Synchronization

/// Makes many new files durable together, for much less than the sum of single flushes.
///
/// Whoever writes the files calls `startWriteback` before closing each, so that the disk is at work
/// meanwhile. Then the first fdatasync commits the file system's journal for all of them, and the
/// rest are waits for data, which overlap on a few threads. Measured on ext4 with 500 files of
/// 45 KB a batch: 6 ms a batch; with one thread 15 ms, without early write-back 60 ms. syncfs would
/// be 1 ms, and no difference in the total, but waits for everybody's dirty pages on that disk.
package enum GroupFlush {
  /// Returns when the content of all the files is on stable storage; their names are not.
  ///
  /// - Parameters:
  ///   - names: the files.
  ///   - directory: where all of them are.
  /// - Throws: the first failure met, with the file's path; others may be durable or not.
  package static func flush(
    _ names: [some FileName & Sendable], in directory: Directory
  ) throws(SystemError) {
    let next = Atomic<Int>(0)
    let failure = Mutex<SystemError?>(nil)
    WorkerThread.together(min(threads, names.count / filesWorthAThread)) {
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        if index >= names.count { return }
        do throws(SystemError) {
          try directory.openFile(names[index]).flushData()
        } catch {
          failure.withLock { $0 = $0 ?? error.at(directory.path(of: names[index])) }
          next.store(names.count, ordering: .relaxed)
        }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
  }

  private static let threads = 4
  private static let filesWorthAThread = 16
}
