import Clients
import Mail
import Platform
import Protocols

/// The mailbox on the server that a selftest pushes into.
struct ScratchMailbox {
  /// Its name as it is sent.
  let raw: RawMailboxName
  let server: AccountConnection

  /// Everything in it, and which flags it keeps.
  ///
  /// A connection that was lost meanwhile is made anew.
  /// - Throws: `ClientError`.
  func read() throws -> (found: [CompareMailbox.Found], flags: TargetFlags?) {
    try server.persist(read)
  }

  private func read(
    _ connection: IMAPConnection
  ) throws -> (found: [CompareMailbox.Found], flags: TargetFlags?) {
    guard try exists(connection) else { return ([], nil) }
    let (selected, present) = try ListMessages(
      connection: connection, raw: raw, readOnly: false
    ).run()
    let digests = try ReadContents(connection: connection, passesTrace: true).run(present)
    var found: [CompareMailbox.Found] = []
    var told: Set<UID> = []
    for chunk in present.chunks(ofAtMost: 500, ranges: 100) {
      try connection.fetch(.set(chunk), [.uid, .flags, .internalDate]) { event in
        guard case .fetch(let response) = event, let uid = response.uid,
          let content = digests[uid], let flags = response.flags, told.insert(uid).inserted
        else { return }
        found.append(
          CompareMailbox.Found(
            uid: uid, digests: content, flags: flags, date: response.internalDate))
      }
    }
    // Some servers lose mail that another client appends to the open mailbox.
    try connection.leaveMailbox()
    let flags = TargetFlags(selected, isReadOnly: false, withDeleted: false)
    return (found.sorted { $0.uid < $1.uid }, flags)
  }

  private func exists(_ connection: IMAPConnection) throws(ClientError) -> Bool {
    var isListed = false
    let none = RawMailboxName(bytes: [])
    try connection.run(.list(reference: none, pattern: raw, returning: []), "LIST") { event in
      guard case .list(let entry) = event, entry.rawName == raw else { return }
      isListed = !entry.attributes.contains(.nonExistent)
    }
    return isListed
  }

  /// Removes it and its subscription, whatever is in it.
  ///
  /// - Parameter wasDisturbed: whether a push was killed a moment ago, whose last command may still be
  ///   under way and make it once more.
  /// - Throws: `ClientError`, after a few tries.
  func remove(wasDisturbed: Bool) throws {
    var triesLeft = 3
    var isQuiet = !wasDisturbed
    while true {
      triesLeft -= 1
      do {
        let connection = try server.live()
        if try exists(connection) { try delete(connection) }
        guard try exists(connection) || !isQuiet else { return }
        isQuiet = true
      } catch {
        if error.endsConnection { server.drop() }
        guard triesLeft > 0 else { throw error }
      }
      guard triesLeft > 0 else { break }
      try server.wait(seconds: 1)
    }
    guard try exists(server.live()) else { return }
    throw ClientError.refused(
      command: "DELETE", .no, ResponseText(code: nil, text: "it is still there afterwards"))
  }

  private func delete(_ connection: IMAPConnection) throws(ClientError) {
    try connection.run(.delete(raw), "DELETE")
    do { try connection.run(.unsubscribe(raw), "UNSUBSCRIBE") } catch {
      // Some servers end the subscription with the mailbox.
      guard case .refused = error else { throw error }
    }
  }
}
