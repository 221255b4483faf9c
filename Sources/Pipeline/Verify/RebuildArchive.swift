package import Platform

import Journals
import Mail
import Stores

/// Makes lost or broken records of an archive anew, from its mail and from what can be read of them.
///
/// No mail is touched. Every step can be done again: killed anywhere and run once more, it comes to
/// the same end, and where nothing is lost or broken it does nothing.
package struct RebuildArchive {
  let path: String
  let account: String?
  let observer: any VerifyObserver
  let interruption: Interruption

  /// Prepares a rebuild.
  ///
  /// - Parameters:
  ///   - path: the archive.
  ///   - account: its source account, where the user gave it: user and domain.
  ///   - observer: what shows how it goes on.
  ///   - interruption: ends it early.
  package init(
    path: String, account: String?, observer: any VerifyObserver, interruption: Interruption
  ) {
    self.path = path
    self.account = account
    self.observer = observer
    self.interruption = interruption
  }

  /// Rebuilds all that is lost or broken.
  ///
  /// - Returns: what was done.
  /// - Throws: `Failure` where it is no archive, is in use, where the account has to be given and is
  ///   not or is another one, where writing fails, and where it was interrupted.
  package func run() throws -> RebuildReport {
    do {
      let rebuild = try ArchiveRebuild(path: path, account: account)
      return try RebuildSteps(
        rebuild: rebuild, given: account, observer: observer, interruption: interruption
      ).run()
    } catch StoreError.notAnArchive(let path) {
      throw Failure(
        scope: .run, cause: .input, summary: "\(StoreError.notAnArchive(path))",
        advice: account == nil
          ? "If it was one and has lost its .mailarc, say from which account with --account." : nil,
        retryable: false)
    } catch {
      throw Failure(error, scope: .run)
    }
  }
}

/// The steps of a rebuild, in their order: what others rest on comes first, the identity last.
private struct RebuildSteps {
  let rebuild: ArchiveRebuild
  let given: String?
  let observer: any VerifyObserver
  let interruption: Interruption

  private var archive: Archive { rebuild.inspection.archive }

  private func broken(_ file: BrokenState.File) -> BrokenState? {
    rebuild.inspection.broken.first { $0.file == file }
  }

  func run() throws -> RebuildReport {
    var report = RebuildReport()
    for (path, kept) in try rebuild.repairKeywordFiles() {
      report.actions.append(
        RebuildAction(
          file: path, text: "written without the lines that can't be read (it was \(kept))"))
    }
    for aside in try rebuild.putAsideMisfits() {
      report.actions.append(
        RebuildAction(
          file: aside.path, text: "was \(aside.kind), which is now \(aside.kept); left as it is"))
    }
    let origins = try ArchiveOrigins(archive)
    report.findings += origins.findings
    let journals = try FindJournals(state: archive.state, interruption: interruption).run()
    let account = try knownAccount(origins, journals.journals)
    let names = names(account, origins, journals.journals)
    try check(account, names: names, origins, journals.journals)
    try rebuildTables(names, origins, &report)
    try rebuildPull(names, origins, journals.journals, &report)
    report.actions += try RebuildConvertState(
      rebuild: rebuild, isLost: broken(.conversion) != nil, names: origins.names
    ).run(journals.journals)
    report.actions += try RebuildPushJournals().run(journals.journals)
    for (path, reason) in journals.unreadable {
      report.findings.append(
        VerifyFinding(.journalDamaged, file: path, "can't be read: \(reason)"))
    }
    look(at: journals.journals, &report)
    if let lost = broken(.identity) {
      let kept = try rebuild.rebuildIdentity(account: account)
      report.actions.append(
        RebuildAction(
          file: archive.state.path(of: lost.file.rawValue),
          text: "made for \(account), with the layout \(archive.identity.layout.rawValue)"
            + Self.words(kept)))
    }
    return report
  }

  private static func words(_ kept: String?) -> String {
    kept.map { " (the broken file is \($0))" } ?? ""
  }

  /// The account of the identity, or where that is lost the one that was given; none for mail that
  /// was only converted.
  private func knownAccount(
    _ origins: ArchiveOrigins, _ journals: [FoundJournal]
  ) throws -> String {
    guard broken(.identity) != nil else {
      if let given { try archive.require(account: given) }
      return archive.identity.account
    }
    if let given { return given }
    if origins.places.isEmpty, journals.allSatisfy({ $0.role == .convert }), !journals.isEmpty {
      return ""
    }
    throw Failure.usage(
      "it is not known any more from which account the archive was pulled",
      advice: "Say it with --account USER@HOST, as in the URL of the account.")
  }

  /// The names of the source's mailboxes, as far as anything tells them.
  private func names(
    _ account: String, _ origins: ArchiveOrigins, _ journals: [FoundJournal]
  ) -> [MailboxKey: MailboxName] {
    let known =
      archive.table.records.map(\.name) + origins.names
      + journals.filter { $0.role == .pull }.compactMap(\.survey.mailbox)
    return Dictionary(
      known.map { (MailboxKey(account: account, mailbox: $0), $0) },
      uniquingKeysWith: { first, _ in first })
  }

  /// Makes sure that a given account is the one from which messages were fetched.
  private func check(
    _ account: String, names: [MailboxKey: MailboxName], _ origins: ArchiveOrigins,
    _ journals: [FoundJournal]
  ) throws {
    guard let lost = broken(.identity) else { return }
    let keys = Set(origins.places.keys).union(
      journals.filter { $0.role == .pull }.compactMap(\.mailboxKey))
    guard !keys.isEmpty || !journals.isEmpty || lost.error != nil else {
      throw StoreError.notAnArchive(archive.path)
    }
    guard keys.isEmpty || keys.contains(where: { names[$0] != nil }) else {
      throw Failure.usage(
        "nothing in the archive was fetched from \(account)",
        advice: "Give the account as it was written when the archive was pulled: user and domain.")
    }
  }

  private func rebuildTables(
    _ names: [MailboxKey: MailboxName], _ origins: ArchiveOrigins, _ report: inout RebuildReport
  ) throws {
    if broken(.keywords) != nil {
      let kept = try rebuild.rebuildKeywords()
      report.actions.append(
        RebuildAction(
          file: archive.state.path(of: BrokenState.File.keywords.rawValue),
          text: "gathered from the mailboxes" + Self.words(kept)))
    }
    guard let lost = broken(.mailboxes) else { return }
    let fetched = origins.places.keys.compactMap { key in names[key].map { (key, $0) } }
    guard lost.error != nil || !fetched.isEmpty else { return }
    let present = Set(origins.names)
    let records = fetched.map { key, name in
      // What the source says of a mailbox is asked again by the next pull; until then it is one that
      // somebody wants to see.
      MailboxRecord(
        name: name, archiveName: present.contains(name) ? name : origins.home(of: key) ?? name,
        specialUses: [], isSubscribed: true, isSelectable: true)
    }
    let kept = try rebuild.rebuildTable(adding: records)
    report.actions.append(
      RebuildAction(
        file: archive.state.path(of: BrokenState.File.mailboxes.rawValue),
        text: "gathered from the names of the messages" + Self.words(kept)
          + "; the next pull asks for special uses and subscriptions"))
  }

  private func rebuildPull(
    _ names: [MailboxKey: MailboxName], _ origins: ArchiveOrigins, _ journals: [FoundJournal],
    _ report: inout RebuildReport
  ) throws {
    let pull = journals.filter { $0.role == .pull }
    guard !origins.places.isEmpty || !pull.isEmpty else { return }
    let directory = try archive.state.ensureSubdirectory("pull")
    let run = try rebuildRuns(directory, journals, &report)
    let byKey = Dictionary(
      pull.compactMap { journal in journal.mailboxKey.map { ($0, journal) } },
      uniquingKeysWith: { first, _ in first })
    let states = try rebuildStates(of: directory, journals, &report)
    for key in Set(origins.places.keys).union(byKey.keys).sorted() {
      if byKey[key]?.isKnown == false { continue }
      let name = names[key] ?? byKey[key]?.survey.mailbox ?? origins.home(of: key) ?? .inbox
      var done = 0
      let result = try RebuildPullJournal(
        archive: archive, directory: directory, origins: origins, key: key, name: name, run: run,
        digester: DigestMessages(), interruption: interruption
      ).run(byKey[key]) {
        // A mailbox that counts as unchanged would not be looked at, whatever is wrong with it. First,
        // since a kill may come between.
        try states?.forget(key.hex)
      } onMessage: { mailbox in
        if done == 0 { observer.mailboxBegan(mailbox, messages: 0, bytes: 0) }
        done += 1
        observer.progress(mailbox, messagesDone: done, bytesDone: 0)
      }
      report.findings += result.findings
      guard let action = result.action else { continue }
      report.actions.append(
        RebuildAction(file: directory.path(of: key.hex + FindJournals.ending), text: action))
    }
    try forgetLost(states, directory, &report)
  }

  /// The number of the last run that began; what is added to journals counts as fetched in it.
  private func rebuildRuns(
    _ directory: Directory, _ journals: [FoundJournal], _ report: inout RebuildReport
  ) throws -> Int {
    let name = "runs.journal"
    var words: [String] = []
    if let log = journals.first(where: { $0.role == .runs }) {
      guard log.isKnown else { return 0 }
      if log.lost > 0 {
        let kept = try JournalRepair(
          directory: directory, name: name, beginning: [JournalRecord("mailarc-runs", ["1"])]
        ).run()
        words.append("written without what can't be read (the broken file is \(kept))")
      }
    }
    var last = 0
    for journal in journals where journal.role == .pull && journal.isKnown {
      let opened = try? PullJournal(
        in: directory, key: journal.key, mailbox: .inbox, readOnly: true)
      last = max(last, opened?.record.messages.values.map(\.run).max() ?? 0)
    }
    if try RunLog.raise(to: last, in: directory) { words.append("it did not know run \(last)") }
    if !words.isEmpty {
      report.actions.append(
        RebuildAction(file: directory.path(of: name), text: words.joined(separator: "; ")))
    }
    return try RunLog(in: directory, readOnly: true).numbers.current - 1
  }

  /// Takes a broken `states.journal` away: the next run looks at everything.
  ///
  /// - Returns: the states; nil where a newer version wrote them.
  private func rebuildStates(
    of directory: Directory, _ journals: [FoundJournal], _ report: inout RebuildReport
  ) throws -> MailboxStates? {
    for states in journals where states.role == .states && states.isKnown && states.lost > 0 {
      let kept = try states.directory.keepBroken(states.name)
      try states.directory.unlink(states.name)
      try states.directory.flush()
      report.actions.append(
        RebuildAction(
          file: states.path,
          text: "taken away, so that the next run looks at everything"
            + Self.words(kept)))
    }
    return try? MailboxStates(in: directory, readOnly: false)
  }

  /// States of mailboxes that have no journal are of no use, and keep a pull from looking at them.
  private func forgetLost(
    _ states: MailboxStates?, _ directory: Directory, _ report: inout RebuildReport
  ) throws {
    guard let states else { return }
    var count = 0
    for key in states.keys where try !directory.contains(key + FindJournals.ending) {
      try states.forget(key)
      count += 1
    }
    guard count > 0 else { return }
    report.actions.append(
      RebuildAction(
        file: directory.path(of: "states.journal"),
        text: "\(count) mailboxes without a journal are forgotten, so that the next pull looks at "
          + "them"))
  }

  /// Says what is left as it is.
  private func look(at journals: [FoundJournal], _ report: inout RebuildReport) {
    for journal in journals where !journal.isKnown {
      report.findings.append(
        VerifyFinding(
          .journalDamaged, file: journal.path,
          "left: it is no journal that this version of mailarc reads"))
    }
  }
}

extension FoundJournal {
  /// The key that its name is; nil for a name that is none.
  var mailboxKey: MailboxKey? {
    guard key.utf8.count == 16, let value = UInt64(key, radix: 16) else { return nil }
    return MailboxKey(value: value)
  }
}
