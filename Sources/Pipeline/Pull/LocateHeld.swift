import Journals
import Mail
import Stores

/// Finds the files of what is held of a source mailbox, gives those back their names that another program
/// renamed, and records what the journal lacks.
struct LocateHeld {
  let context: PullContext
  let mailbox: MailboxName
  let key: MailboxKey
  let journal: PullJournal
  let index: ArchiveIndex

  /// Looks, under the UIDVALIDITY that the journal has by now.
  ///
  /// - Parameters:
  ///   - home: the mailbox that held the mail so far; gets the one that does now.
  ///   - present: what the source has now.
  ///   - isRestarted: whether the UIDs began anew, and the files' names say it.
  /// - Returns: the files, and where the mailbox is now.
  /// - Throws: what the archive and the journal throw.
  func run(
    home: inout MailboxName, present: UIDSet, isRestarted: Bool = false
  ) throws -> LocateMessages.Result {
    var located = try LocateMessages(
      archive: context.archive, index: index, names: context.names, mailbox: mailbox, key: key
    ).run(
      home: home, record: journal.record, present: present,
      isComplete: journal.damage == .none, resumes: context.run.resumes)
    if isRestarted, context.options.dryRun {
      // Their names still say what a run would have changed.
      located.stale += located.files.sorted { $0.key < $1.key }.map(\.value)
      located.files = [:]
    }
    if located.home != home { follow(located.home, &home) }
    let names = NameAgain(archive: context.archive, index: index, dryRun: context.options.dryRun)
    try names.run(
      journal.record.messages.values, of: key, journal.record.uidValidity, &located.files)
    try AdoptMessages(
      archive: context.archive, journal: journal, run: context.run.current
    ).run(located.files)
    if journal.record.awaitsRematch { try nameFormer(names, &located) }
    return located
  }

  /// The user renamed the mailbox in the archive: the source's new mail follows.
  private func follow(_ name: MailboxName, _ home: inout MailboxName) {
    home = name
    guard var record = context.archive.table[mailbox] else { return }
    record.archiveName = name
    context.archive.table.update(record)
  }

  /// Finds files from before the UIDVALIDITY changed that another program renamed.
  private func nameFormer(_ names: NameAgain, _ located: inout LocateMessages.Result) throws {
    let validity = journal.record.formerValidity
    var files: [UID: LocatedMessage] = [:]
    for file in located.stale {
      guard let origin = file.message.origin, origin.uidValidity == validity else { continue }
      files[origin.uid] = file
    }
    let known = Set(files.keys)
    try names.run(journal.record.former.values, of: key, validity, &files)
    located.stale += files.filter { !known.contains($0.key) }.map(\.value)
  }
}

extension PullJournal {
  /// Records what was found out of messages that are held.
  func appendFates(of plan: PullPlan) {
    for uid in plan.deletedByHand { append(.fate(uid, .deleted)) }
    for uid in plan.removedByHand { append(.fate(uid, .removed)) }
    for uid in plan.returned { append(.fate(uid, .held)) }
    for uid in plan.takenBack { append(.fate(uid, .restored)) }
    for uid in plan.forgotten { append(.forgotten(uid)) }
  }
}
