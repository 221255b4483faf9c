import Clients
import Journals
import Mail
import Platform
import Protocols
import Stores

/// Refuses a push into the account from which the archive was pulled: it would double every message that
/// was moved by hand, and mean nothing else.
///
/// The account is known by its messages: in a mailbox with the UIDVALIDITY that was pulled, those that were
/// fetched stand under their UIDs. An account that has an index passed this check when it was empty.
struct RefuseSource {
  let archive: Archive
  /// `.mailarc/pull`.
  let pulled: Directory
  /// User and host of the target.
  let target: String

  private static let mostMailboxes = 3
  /// Servers that don't take it from a clock begin with small ones.
  private static let leastTellingValidity: UInt32 = 1_000_000

  private struct Suspect {
    let raw: RawMailboxName
    let held: [UID: HeldMessage]
  }

  /// Looks at mailboxes that may be those of the source.
  ///
  /// - Throws: a usage failure if the target is the source; what the connection and the journals throw.
  func run(_ tree: ServerTree, _ server: AccountConnection) throws {
    guard try isSource(tree, server) else { return }
    throw Failure(
      scope: .run, cause: .usage,
      summary: "the target is the account from which this archive was pulled",
      advice: "Give the account to which the mail is to go.", retryable: false)
  }

  /// Whether the account is the one from which the archive was pulled, as far as its messages tell.
  ///
  /// - Throws: what the connection and the journals throw.
  func isSource(_ tree: ServerTree, _ server: AccountConnection) throws -> Bool {
    guard Self.user(archive.identity.account) == Self.user(target) else { return false }
    for suspect in try suspects(tree) {
      if try server.persist({ try isSource(suspect, $0) }) { return true }
    }
    return false
  }

  // One host has many names.
  private static func user(_ identity: String) -> Substring {
    identity.lastIndex(of: "@").map { identity[..<$0] } ?? identity[...]
  }

  private func suspects(_ tree: ServerTree) throws -> [Suspect] {
    let states = try MailboxStates(in: pulled, readOnly: true)
    var found: [Suspect] = []
    for mailbox in tree.mailboxes where found.count < Self.mostMailboxes {
      guard let status = mailbox.status, let validity = status.uidValidity, status.messages != 0,
        archive.identity.account == target || validity.value >= Self.leastTellingValidity
      else { continue }
      let key = MailboxKey(account: archive.identity.account, mailbox: mailbox.name).hex
      // A pull that broke off left no state, but a journal of what it fetched.
      if let known = states[key]?.state.uidValidity, known != validity { continue }
      let record = try PullJournal(in: pulled, key: key, mailbox: mailbox.name, readOnly: true)
        .record
      guard record.uidValidity == validity, !record.messages.isEmpty else { continue }
      found.append(Suspect(raw: mailbox.raw, held: record.messages))
    }
    return found
  }

  private func isSource(
    _ suspect: Suspect, _ connection: IMAPConnection
  ) throws(ClientError) -> Bool {
    do {
      _ = try connection.examine(suspect.raw, .plain)
    } catch  where !error.endsConnection {
      return false
    }
    let found = try ListCandidates(connection: connection).run(
      SampleUIDs().run(suspect.held.keys))
    try connection.leaveMailbox()
    return !found.isEmpty
      && found.allSatisfy { candidate in
        let message = suspect.held[candidate.message.uid]
        return message?.headerKey == candidate.message.headerKey
          && message?.size == candidate.message.size
      }
  }
}
