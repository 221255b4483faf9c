import Journals
import Mail
import Platform
import Stores

/// The accounts that an archive knows: the one that it is pulled from, and those it was pushed to.
struct KnownAccounts {
  let archive: Archive

  /// The account of the pulls; nil where there is none.
  ///
  /// - Throws: `JournalError`.
  func source() throws -> KnownAccount? {
    guard !archive.identity.account.isEmpty else { return nil }
    var account = KnownAccount(identity: archive.identity.account)
    guard let directory = try? archive.state.openSubdirectory("pull") else { return account }
    try addTimes(directory, &account)
    let states = try MailboxStates(in: directory, readOnly: true)
    for (name, key) in journals(in: directory) {
      guard
        let journal = try? PullJournal(in: directory, key: key, mailbox: .inbox, readOnly: true)
      else { continue }
      for (uid, reason) in journal.record.failed.sorted(by: { $0.key < $1.key }) {
        account.outstanding.append(.init(mailbox: name, text: "UID \(uid): \(reason)"))
      }
      if journal.record.failed.isEmpty { account.addOutstanding(states[key], name) }
    }
    return account
  }

  /// The targets, by name, with the directories of their indexes.
  ///
  /// - Throws: `JournalError`, `SystemError`.
  func targets() throws -> [(KnownAccount, Directory)] {
    guard let push = try? archive.state.openSubdirectory("push") else { return [] }
    var found: [(KnownAccount, Directory)] = []
    for name in try push.entries().compactMap(\.name).sorted() where !Directory.isKept(name) {
      guard let identity = PercentEscape.decode(name.utf8),
        let directory = try? push.openSubdirectory(name)
      else { continue }
      var account = KnownAccount(identity: identity)
      try addTimes(directory, &account)
      let states = try MailboxStates(in: directory, readOnly: true)
      for (name, key) in journals(in: directory) {
        guard
          let journal = try? PushJournal(in: directory, key: key, mailbox: .inbox, readOnly: true)
        else { continue }
        let count = account.outstanding.count
        for (reason, refused) in Dictionary(grouping: journal.record.refused.values, by: { $0 })
          .sorted(by: { $0.key < $1.key })
        {
          account.outstanding.append(
            .init(
              mailbox: name,
              text: Counted.messages(refused.count) + " not taken: " + PushReporter.words(reason)))
        }
        let open = journal.record.batches.values.reduce(0) { $0 + $1.open.count }
        if open > 0 {
          account.outstanding.append(
            .init(
              mailbox: name,
              text: Counted.messages(open) + " " + Counted.word(open, "was", "were")
                + " on the way when a run broke off"))
        }
        if account.outstanding.count == count { account.addOutstanding(states[key], name) }
      }
      found.append((account, directory))
    }
    return found
  }

  private func addTimes(_ directory: Directory, _ account: inout KnownAccount) throws {
    let times = try RunLog.times(in: directory)
    account.hasRun = times.hasEnded
    account.lastRun = times.ended
    account.isInterrupted = times.isInterrupted
  }

  /// The journals of mailboxes, with the names of these.
  private func journals(in directory: Directory) -> [(name: MailboxName?, key: String)] {
    let files = (try? directory.entries().compactMap(\.name)) ?? []
    return files.compactMap { file in
      guard file.hasSuffix(FindJournals.ending), file != "states.journal", file != "runs.journal"
      else { return nil }
      let name = (try? JournalSurvey(of: file, in: directory))?.mailbox
      return (name, String(file.dropLast(FindJournals.ending.count)))
    }.sorted { ($0.name?.description ?? "", $0.key) < ($1.name?.description ?? "", $1.key) }
  }
}

extension KnownAccount {
  /// What the state of a mailbox says is left to be done, where nothing else says what.
  fileprivate mutating func addOutstanding(_ state: RecordedState?, _ mailbox: MailboxName?) {
    guard let state, state.outstanding > 0 else { return }
    outstanding.append(
      .init(
        mailbox: mailbox,
        text: "it waits for an answer, or something in it failed: run it again to see what"))
  }
}
