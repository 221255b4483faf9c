import Clients
import Mail
import Platform
import Protocols

/// Waits until a mailbox of the target stands still: commands of a connection that is gone may still
/// be executing.
struct WaitForQuiet {
  /// A command of which it is not known how it ended.
  struct Begun {
    /// Seconds since the epoch.
    let time: Int64
    /// How much it carries.
    let octets: Int64
  }

  /// So many seconds after a command was begun no server still carries it out, however slow the line
  /// was by which it came.
  private static let certainlyOver: Int64 = 3600
  /// Octets a second that any server stores.
  private static let slowestServer = 1_048_576.0
  private static let pollSeconds = 0.5
  /// A mailbox to which mail keeps coming never stands still.
  private static let mostSeconds = 300.0

  let raw: RawMailboxName
  /// How long the mailbox has to stand still, at least.
  let leastSeconds: Double
  let begun: [Begun]

  /// Returns when the mailbox's UIDNEXT has stood still for long enough.
  ///
  /// - Throws: `ClientError`.
  func run(_ server: AccountConnection) throws(ClientError) {
    let quietSeconds = quietSeconds(at: WallClock.now)
    guard quietSeconds > 0 else { return }
    try Self.standStill(
      for: quietSeconds, atMost: Self.mostSeconds + quietSeconds,
      now: { Double(MonotonicClock.now.nanoseconds) / 1e9 },
      pause: { seconds throws(ClientError) in try server.wait(seconds: seconds) },
      look: { () throws(ClientError) in try uidNext(server) })
  }

  /// Looks again and again; returns when what is seen has stood still for that many seconds, or never
  /// did for so long.
  ///
  /// - Parameters:
  ///   - quietSeconds: how long.
  ///   - mostSeconds: how long to look at all.
  ///   - now: seconds since any moment.
  ///   - pause: waits so many seconds.
  ///   - look: what is there.
  /// - Throws: what `pause` and `look` throw.
  static func standStill(
    for quietSeconds: Double, atMost mostSeconds: Double, now: () -> Double,
    pause: (Double) throws(ClientError) -> Void,
    look: () throws(ClientError) -> UInt32
  ) throws(ClientError) {
    var last = try look()
    let begin = now()
    var since = begin
    while true {
      try pause(min(pollSeconds, quietSeconds))
      // If it takes long until the answer is here, that shows nothing of the time in between.
      let asked = now()
      let next = try look()
      if asked - begin >= mostSeconds { return }
      if next != last {
        last = next
        since = now()
      } else if asked - since >= quietSeconds {
        return
      }
    }
  }

  /// How long the mailbox has to stand still at that time: as long as the server may take for the
  /// largest of the commands; zero if there is nothing to wait for.
  func quietSeconds(at now: Int64) -> Double {
    // A clock that was set back makes a command from the future; it is fresh as well.
    let fresh = begun.filter { now - $0.time < Self.certainlyOver }
    guard let largest = fresh.map(\.octets).max() else { return 0 }
    return max(leastSeconds, Double(largest) / Self.slowestServer)
  }

  private func uidNext(_ server: AccountConnection) throws(ClientError) -> UInt32 {
    let items = try server.live().status(of: raw, [.uidNext, .messages])
    return items?.uidNext?.value ?? items?.messages ?? 0
  }
}
