import Clients
import Platform
import Synchronization

/// Shares the pieces of a queue out among workers, each with a connection of its own.
struct ShareWork<Item: Sendable> {
  let queue: WorkQueue<Item>
  /// How many workers there are at most.
  let connections: Int
  let interruption: Interruption
  /// Prepares a worker's connection, whose waits that interruption ends.
  let open: @Sendable (Interruption) -> AccountConnection

  /// Works until the queue is empty.
  ///
  /// - Parameters:
  ///   - server: the calling thread's connection; it may be given back where another worker needs one.
  ///   - body: takes its share from the queue.
  func run(_ server: AccountConnection, _ body: @escaping @Sendable (AccountConnection) -> Void) {
    // Below 0 as long as the calling thread has work itself.
    let left = Mutex(0)
    @Sendable func count(_ more: Int) -> Bool {
      left.withLock { left in
        left += more
        return left == 0
      }
    }
    let ended = try? Interruption(within: interruption)
    WorkerThread.alongside(connections - 1) {
      work(body)
      if count(-1) { ended?.interrupt() }
    } own: { others in
      body(server)
      if !count(others), let ended { server.rest(until: ended) }
    }
  }

  private func work(_ body: (AccountConnection) -> Void) {
    guard let newcomer = queue.newcomer(within: interruption) else { return }
    let own = open(newcomer)
    // A server that takes no further connection is no failure: the others do the work.
    let isThere = own.join()
    // Called home meanwhile, its connection is of no use.
    guard queue.admit(newcomer), isThere else { return own.drop() }
    body(own)
    own.logout()
  }
}
