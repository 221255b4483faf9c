package import Platform

import Journals
import Mail
import Stores

/// Finds out what was changed by hand in an archive, and what a push would do to each target that it
/// knows; asks no server and changes nothing.
package struct StatusArchive {
  let path: String
  let full: Bool
  let interruption: Interruption

  /// Prepares it.
  ///
  /// - Parameters:
  ///   - path: the archive.
  ///   - full: whether all content is read.
  ///   - interruption: ends it early.
  package init(path: String, full: Bool, interruption: Interruption) {
    self.path = path
    self.full = full
    self.interruption = interruption
  }

  /// Looks at everything.
  ///
  /// - Throws: `Failure` where it is no archive, and where it was interrupted.
  package func run() throws -> ArchiveStatus {
    do { return try look() } catch { throw Failure(error, scope: .run) }
  }

  private func look() throws -> ArchiveStatus {
    let archive = try Archive.open(path: path, for: .reading)
    var status = ArchiveStatus()
    let tree = try archive.mailboxes()
    status.problems = tree.unreadable
    status.mailboxes = tree.mailboxes.count
    let digester = DigestMessages()
    let found = try findMessages(archive, tree, digester, &status)
    if status.problems.isEmpty {
      // A mailbox is listed once however many of its messages are asked for.
      var files: [MailboxName: [String: StoredMessage]] = [:]
      var comparison = CompareArchive(expected: found.expected, found: found.messages) {
        name, message in
        guard let mailbox = try? archive.mailbox(name) else { return nil }
        if files[name] == nil {
          files[name] = Dictionary(
            ((try? mailbox.scan()) ?? []).map { ($0.source, $0) },
            uniquingKeysWith: { first, _ in first })
        }
        guard let stored = files[name]?[message.name] else { return nil }
        return try? digester.run(stored, in: mailbox).digest
      }
      status.changes = comparison.run()
    }
    let accounts = KnownAccounts(archive: archive)
    status.source = try accounts.source()
    for (account, directory) in try accounts.targets() {
      try interruption.stopIfRaised()
      var target = TargetStatus(account: account)
      target.mailboxes = try PlanTarget(
        archive: archive, tree: tree, directory: directory, identity: account.identity, full: full
      ).run { status.problems.append($0) }
      status.targets.append(target)
    }
    return status
  }

  private func findMessages(
    _ archive: Archive, _ tree: MailboxTree, _ digester: DigestMessages,
    _ status: inout ArchiveStatus
  ) throws -> (
    expected: [MailboxName: [String: ExpectedMessage]], messages: [MailboxName: [FoundMessage]]
  ) {
    let seen = SeenArchive(in: archive.state)
    let recorded = ExpectedArchive(archive)
    var expected: [MailboxName: [String: ExpectedMessage]] = [:]
    // Without what the last run saw, what was pulled has to do.
    for name in seen.map({ Set($0.mailboxes.keys) }) ?? recorded.mailboxes {
      let messages = recorded.messages(in: name)
      expected[name] = seen?.mailboxes[name]?.applied(to: messages) ?? messages
    }
    let look = LookAtMailbox(
      depth: full ? .contents : .sizes, stray: StrayKeywords(of: archive, in: tree.mailboxes),
      digester: digester)
    var found: [MailboxName: [FoundMessage]] = [:]
    for place in tree.mailboxes {
      try interruption.stopIfRaised()
      do {
        let messages = try look.run(
          archive.mailbox(at: place),
          expected: expected[place.name] ?? recorded.messages(in: place.name))
        found[place.name] = messages
        status.messages += messages.count
      } catch {
        status.problems.append("\(place.name): \(error)")
      }
    }
    return (expected, found)
  }
}
