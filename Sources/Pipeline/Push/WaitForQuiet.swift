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
    var last = try uidNext(server)
    var since = MonotonicClock.now
    while true {
      try server.wait(seconds: min(Self.pollSeconds, quietSeconds))
      // A run that was itself held up must not take that time for the mailbox's.
      let asked = MonotonicClock.now
      let next = try uidNext(server)
      if next != last {
        last = next
        since = .now
      } else if asked.seconds(since: since) >= quietSeconds {
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
