import Clients
import Platform
import Protocols

/// Looks before a pull whether the disk has room for what is to come, as far as the server tells.
struct CheckFreeSpace {
  /// Below this nothing is begun at all.
  private static let least: Int64 = 16 << 20

  let directory: Directory

  /// - Parameter mailboxes: those that were never pulled, so that all they hold is to come.
  /// - Throws: `Failure` of cause `disk` if there is not enough room; `SystemError`.
  func run(_ mailboxes: [ServerMailbox]) throws {
    let free = try FreeSpace.available(at: directory)
    let needed = mailboxes.reduce(Self.least) { $0 + Int64(clamping: $1.status?.size ?? 0) }
    guard free < needed else { return }
    throw Failure(
      scope: .run, cause: .disk,
      summary: "the disk has \(free >> 20) MiB free, and the mail to come takes "
        + "\((needed - Self.least) >> 20) MiB and some room to work",
      advice: "Make room, or choose an archive on another disk.", retryable: false)
  }
}
