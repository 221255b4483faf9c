import Protocols
import Testing

@testable import Clients

/// How a mailbox is left, line by line: CLOSE would remove what is marked as deleted
/// (RFC 9051, section 6.4.1).
@Suite struct LeaveMailboxTests {
  private static let inbox = RawMailboxName(bytes: Array("INBOX".utf8))

  /// Opens INBOX, leaves it, leaves it once more and says NOOP.
  private func leave(_ capabilities: String, readOnly: Bool, _ left: String) throws {
    let verb = readOnly ? "EXAMINE" : "SELECT"
    let transcript = """
      S: * PREAUTH [CAPABILITY IMAP4rev1 \(capabilities)] hi
      C: $1 \(verb) "INBOX"
      S: * 2 EXISTS
      S: * OK [UIDVALIDITY 7] x
      S: $1 OK done
      \(left)
      C: $3 NOOP
      S: $3 OK done
      """
    try ScriptedConnection.run(transcript) { connection in
      _ = try connection.next()
      if readOnly {
        _ = try connection.examine(Self.inbox, .plain)
      } else {
        _ = try connection.select(Self.inbox)
      }
      try connection.leaveMailbox()
      guard case .authenticated = connection.session.state else {
        Issue.record("\(connection.session.state)")
        return
      }
      // No mailbox is open: nothing is said.
      try connection.leaveMailbox()
      try connection.run(.noop, "NOOP")
    }
  }

  @Test(arguments: [true, false])
  func `by UNSELECT where the server has it`(_ readOnly: Bool) throws {
    try leave(
      "UNSELECT", readOnly: readOnly,
      """
      C: $2 UNSELECT
      S: $2 OK done
      """)
  }

  @Test(arguments: [true, false])
  func `else by the EXAMINE of a mailbox that is not there`(_ readOnly: Bool) throws {
    try leave(
      "", readOnly: readOnly,
      """
      C: $2 EXAMINE "mailarc-no-such-mailbox"
      S: $2 NO [NONEXISTENT] none
      """)
  }
}
