import Clients
import Mail
import Protocols

/// Makes a mailbox on the target where it is missing, with its special use where the server takes one,
/// and subscribes it.
struct PrepareMailbox {
  let connection: IMAPConnection
  let tree: ServerTree
  let target: PushTarget
  let raw: RawMailboxName

  /// Creates; one that exists by now is as good.
  ///
  /// - Throws: `ClientError.refused` where the server does not take the name.
  func create() throws(ClientError) {
    var use = target.specialUse
    if !connection.capabilities.contains(.createSpecialUse)
      || tree.mailboxes.contains(where: { $0.specialUses.contains { $0 == use } })
    {
      use = nil
    }
    do {
      try create(raw, use)
    } catch {
      guard case .refused = error else { throw error }
      // Some servers refuse the use, others want the parents first.
      try createParents(of: target.name)
      try create(raw, nil)
    }
  }

  /// Subscribes; returns the server's words where it refuses.
  func subscribe() throws(ClientError) -> String? {
    do {
      try connection.run(.subscribe(raw), "SUBSCRIBE")
      return nil
    } catch {
      guard case .refused(_, _, let text) = error else { throw error }
      return text.text
    }
  }

  private func create(_ raw: RawMailboxName, _ use: SpecialUse?) throws(ClientError) {
    do {
      try connection.run(.create(raw, specialUse: use), "CREATE")
    } catch {
      if case .refused(_, _, let text) = error, text.code == .alreadyExists { return }
      throw error
    }
  }

  private func createParents(of name: MailboxName) throws(ClientError) {
    guard let parent = name.parent, !tree.mailboxes.contains(where: { $0.name == parent }),
      let raw = tree.raw(for: parent, usesUTF8: connection.session.usesUTF8Names)
    else { return }
    try createParents(of: parent)
    do { try create(raw, nil) } catch {
      guard case .refused = error else { throw error }
    }
  }
}
