import Clients
import Platform
import Protocols

/// Looks before a pull whether the disk has room for what is to come, as far as the server tells.
struct CheckFreeSpace {
  /// Below this nothing is begun at all.
  private static let least: Int64 = 16 << 20
  /// What many messages take at most on the average, mostly by far: with so much room for each, the
  /// server is not asked for sizes, for which it may have to read every message.
  private static let ample: Int64 = 256 << 10
  private static let many: Int64 = 1000

  let directory: Directory
  let server: AccountConnection

  /// - Parameter mailboxes: those that were never pulled, so that all they hold is to come.
  /// - Throws: `Failure` of cause `disk` if there is not enough room; `SystemError`, `ClientError`.
  func run(_ mailboxes: [ServerMailbox]) throws {
    let free = try FreeSpace.available(at: directory)
    let messages = mailboxes.reduce(Int64(0)) { $0 + Int64($1.status?.messages ?? 0) }
    guard messages < Self.many || free < Self.least + messages * Self.ample else { return }
    var coming: Int64 = 0
    for mailbox in mailboxes where mailbox.status?.messages != 0 {
      let size = try server.persist { try $0.size(of: mailbox.raw) } ?? 0
      coming = coming.addingReportingOverflow(Int64(clamping: size)).partialValue
    }
    guard free < Self.least + coming else { return }
    throw Failure(
      scope: .run, cause: .disk,
      summary: "the disk has \(free >> 20) MiB free, and the mail to come takes "
        + "\(coming >> 20) MiB and some room to work",
      advice: "Make room, or choose an archive on another disk.", retryable: false)
  }
}
