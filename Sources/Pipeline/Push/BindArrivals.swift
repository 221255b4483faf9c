import Clients
import Mail
import Protocols

/// Looks at what others have put into a mailbox while messages are being appended to it, so that what
/// they brought is not sent as well.
struct BindArrivals {
  let connection: IMAPConnection
  let raw: RawMailboxName
  let uidValidity: UIDValidity
  /// Compares these messages with those of the archive; returns the places that need not be sent.
  let bind: (_ arrived: [ListCandidates.Candidate], _ toSend: [Int]) throws -> Set<Int>

  /// Looks and compares; nothing may be under way.
  ///
  /// - Parameters:
  ///   - uids: of messages that may have come.
  ///   - toSend: places of the messages of the archive that are still to be sent.
  /// - Returns: those of them that are there by now.
  /// - Throws: `ClientError`, and what `bind` throws.
  func run(_ uids: UIDSet, toSend: [Int]) throws -> Set<Int> {
    // Opened for this only where it is not open anyway: some servers lose mail that is appended to the
    // open mailbox.
    let wasOpen = connection.isSelected(raw)
    if !wasOpen {
      let opened = try connection.examine(raw, .plain)
      guard opened.uidValidity == uidValidity else {
        try connection.leaveMailbox()
        return []
      }
    }
    let arrived = try ListCandidates(connection: connection).run(uids)
    let found = arrived.isEmpty ? [] : try bind(arrived, toSend)
    if !wasOpen { try connection.leaveMailbox() }
    return found
  }
}
