import CPlatform
import Glibc

/// Blocking work on a thread of its own.
///
/// Swift's shared pool has as many threads as the machine has cores, so a call that waits in it
/// (for a socket, a disk, a lock) stalls everybody. A hop costs tens of microseconds: hop per
/// connection or batch, not per message.
package enum WorkerThread {
  /// Runs a closure on a new thread and resumes the caller with what it returns or throws.
  ///
  /// - Parameters:
  ///   - name: how the thread is called in debuggers and `top`; cut after 15 bytes.
  ///   - body: the work. It may block as it likes.
  /// - Returns: what `body` returns.
  /// - Throws: what `body` throws, or `SystemError` if there are too many threads.
  package static func run<Value: Sendable>(
    name: String, _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      do {
        try start(name: name, detached: true) { continuation.resume(with: Result(catching: body)) }
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }

  /// Runs a closure on a new thread; cancelling the task raises the interruption.
  ///
  /// - Parameters:
  ///   - name: how the thread is called in debuggers and `top`; cut after 15 bytes.
  ///   - interruption: what the body's waits look at.
  ///   - body: the work, which ends soon after the interruption was raised.
  /// - Returns: what `body` returns.
  /// - Throws: what `body` throws, or `SystemError` if there are too many threads.
  package static func run<Value: Sendable>(
    name: String, cancelling interruption: Interruption,
    _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await withTaskCancellationHandler {
      try await run(name: name, body)
    } onCancel: {
      interruption.interrupt()
    }
  }

  /// Starts a thread that nobody waits for.
  ///
  /// - Parameters:
  ///   - name: how the thread is called in debuggers and `top`; cut after 15 bytes.
  ///   - body: the work; it owns all that it uses, since whoever started it may be gone.
  /// - Throws: if there are too many threads.
  package static func detach(
    name: String, _ body: @escaping @Sendable () -> Void
  ) throws(SystemError) {
    try start(name: name, detached: true, body)
  }

  /// Runs `own` on the calling thread while new threads run `body`, until all are done.
  ///
  /// - Parameters:
  ///   - count: how many new threads; if the system has not so many, fewer run.
  ///   - body: takes its share of the work from a common queue.
  ///   - own: what the calling thread does meanwhile; it is given how many new threads there are.
  /// - Returns: what `own` returns.
  package static func alongside<Value>(
    _ count: Int, _ body: @escaping @Sendable () -> Void, own: (Int) -> Value
  ) -> Value {
    var threads: [pthread_t] = []
    for _ in 0..<max(count, 0) {
      guard let thread = try? start(name: "mailarc-worker", detached: false, body) else { break }
      threads.append(thread)
    }
    defer { for thread in threads { pthread_join(thread, nil) } }
    return own(threads.count)
  }

  /// Runs a closure on the calling thread and on new ones at the same time, until all are done.
  ///
  /// - Parameters:
  ///   - count: how many threads, the calling one included. If the system has not so many, fewer
  ///     run; the closure is run once at least.
  ///   - body: takes its share of the work from a common counter or queue.
  package static func together(_ count: Int, _ body: @escaping @Sendable () -> Void) {
    alongside(count - 1, body) { _ in body() }
  }

  @discardableResult
  private static func start(
    name: String, detached: Bool, _ body: @escaping @Sendable () -> Void
  ) throws(SystemError) -> pthread_t {
    let work = Unmanaged.passRetained(Work(name: name, body: body))
    var thread = pthread_t()
    let code = withUnsafeTemporaryAllocation(of: pthread_attr_t.self, capacity: 1) { buffer in
      guard let attributes = buffer.baseAddress else { return ENOMEM }
      pthread_attr_init(attributes)
      defer { pthread_attr_destroy(attributes) }
      let state = detached ? PTHREAD_CREATE_DETACHED : PTHREAD_CREATE_JOINABLE
      pthread_attr_setdetachstate(attributes, Int32(state))
      pthread_attr_setstacksize(attributes, stackSize)
      return pthread_create(&thread, attributes, runWork, work.toOpaque())
    }
    if code != 0 {
      work.release()
      throw SystemError(errno: code, operation: "start a thread", path: nil)
    }
    return thread
  }

  // Address space, not memory: only pages that are touched count.
  private static let stackSize = 4 << 20
}

private final class Work {
  let name: String
  let body: @Sendable () -> Void

  init(name: String, body: @escaping @Sendable () -> Void) {
    self.name = name
    self.body = body
  }
}

private func runWork(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  let work = Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
  var name = Array(work.name.utf8.prefix(15).map { CChar(bitPattern: $0) })
  name.append(0)
  _ = mailarc_name_this_thread(name)
  work.body()
  return nil
}
