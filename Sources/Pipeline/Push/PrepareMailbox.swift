import Clients
import Mail
import Protocols

/// Makes a mailbox on the target where it is missing, with its special use where the server takes one.
struct PrepareMailbox {
  let connection: IMAPConnection
  let tree: ServerTree
  let target: PushTarget
  let raw: RawMailboxName

  /// Creates; one that exists by now is as good.
  ///
  /// - Throws: `ClientError.refused` where the server does not take the name, or takes it for that of
  ///   another mailbox.
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
      guard case .refused = error, !error.asksForPatience else { throw error }
      // Some servers refuse the use, others want the parents first.
      try createParents(of: target.name)
      try create(raw, nil)
    }
  }

  private func create(_ raw: RawMailboxName, _ use: SpecialUse?) throws(ClientError) {
    do {
      try connection.run(.create(raw, specialUse: use), "CREATE")
    } catch {
      guard case .refused(_, let status, let text) = error else { throw error }
      // Cyrus makes the parents of what it creates, and gives no code when they are created then.
      guard text.code == .alreadyExists else {
        guard try !isThere(raw) else { return }
        throw error
      }
      guard let other = try otherSpelling(of: raw) else { return }
      throw .refused(
        command: "CREATE", status,
        ResponseText(code: .alreadyExists, text: "the server takes it for its mailbox \(other)"))
    }
  }

  /// Whether the server has by now a mailbox of exactly this name.
  private func isThere(_ raw: RawMailboxName) throws(ClientError) -> Bool {
    try listed(raw).contains { entry in
      entry.rawName == raw && !entry.attributes.contains(.noSelect)
        && !entry.attributes.contains(.nonExistent)
    }
  }

  private func listed(_ raw: RawMailboxName) throws(ClientError) -> [ListEntry] {
    var found: [ListEntry] = []
    let none = RawMailboxName(bytes: [])
    try connection.run(.list(reference: none, pattern: raw, returning: []), "LIST") { event in
      if case .list(let entry) = event { found.append(entry) }
    }
    return found
  }

  /// The name of a mailbox that the server takes for this one, as where case does not count; nil where
  /// it is this one.
  ///
  /// Two mailboxes of the archive would become one without anybody counting their messages together.
  private func otherSpelling(
    of raw: RawMailboxName
  ) throws(ClientError) -> RawMailboxName? {
    let found = try listed(raw).map(\.rawName)
    if found.contains(raw) { return nil }
    // The name may hold wildcards.
    return found.first { $0.bytes.count == raw.bytes.count }
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
