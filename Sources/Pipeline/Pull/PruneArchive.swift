import Journals
import Mail
import Platform
import Stores

/// Puts into the archive's trash what mailarc fetched and the source has no longer (`--prune`).
///
/// It comes last, when it is known where the messages went that were moved at the source.
struct PruneArchive {
  let context: PullContext
  /// Mailboxes of which nothing is touched: they failed, or wait for an answer.
  let left: Set<MailboxName>
  /// Of each mailbox, what this run found to be gone.
  let nowGone: [MailboxName: Set<UID>]
  /// The mailboxes that the source has.
  let present: Set<MailboxName>
  private let digester = DigestMessages()

  init(
    context: PullContext, left: Set<MailboxName>, nowGone: [MailboxName: Set<UID>],
    present: Set<MailboxName>
  ) {
    self.context = context
    self.left = left
    self.nowGone = nowGone
    self.present = present
  }

  /// A message that is gone at the source.
  private struct Candidate {
    let source: MailboxName
    let message: HeldMessage
    let origin: MessageOrigin
  }

  /// What goes of a mailbox, and what stays and why.
  private struct Choice {
    var removable: [(candidate: Candidate, file: StoredMessage)] = []
    /// Other content than what came, or nobody knows what came.
    var edited: [String] = []
    var flagged: [String] = []
    var moved: [String] = []
  }

  /// Prunes each mailbox of the archive.
  ///
  /// - Returns: how many messages of each mailbox of the source went, or would go in a dry run.
  /// - Throws: what ends more than one mailbox.
  func run() throws -> [MailboxName: Int] {
    var removed: [MailboxName: Int] = [:]
    let date = InternalDate(epochSeconds: WallClock.now)
    let index = ArchiveIndex(context.archive)
    for (home, candidates) in try candidates().sorted(by: { $0.key < $1.key }) {
      do {
        for (source, count) in try prune(home, candidates, index, date) {
          removed[source, default: 0] += count
        }
      } catch {
        let failure = Failure(error, scope: .mailbox)
        guard failure.scope == .mailbox else { throw failure }
        context.collector.add(MailboxFailure(mailbox: home, failure: failure))
      }
    }
    return removed
  }

  /// What is gone, by the mailbox of the archive where it belongs.
  private func candidates() throws -> [MailboxName: [Candidate]] {
    var found: [MailboxName: [Candidate]] = [:]
    for record in context.archive.table.records where !left.contains(record.name) {
      let key = context.key(of: record.name)
      let journal = try PullJournal(
        in: context.directory, key: key.hex, mailbox: record.name, readOnly: true)
      // Of what is lost in it, nobody knows what it said.
      if case .lost = journal.damage { continue }
      guard let validity = journal.record.uidValidity else { continue }
      let gone = nowGone[record.name] ?? []
      for (uid, message) in journal.record.messages.sorted(by: { $0.key < $1.key })
      where message.fate == .gone || gone.contains(uid) {
        let origin = MessageOrigin(uidValidity: validity, uid: uid, mailboxKey: key)
        found[record.archiveName, default: []].append(
          Candidate(source: record.name, message: message, origin: origin))
      }
    }
    return found
  }

  private func prune(
    _ home: MailboxName, _ candidates: [Candidate], _ index: ArchiveIndex, _ date: InternalDate
  ) throws -> [MailboxName: Int] {
    let mailbox = try context.archive.mailbox(home)
    let all = try mailbox?.scan() ?? []
    if let damage = mailbox?.damage.first { throw damage }
    let choice = try choose(candidates, among: all, in: mailbox, index)
    tell(choice, of: home)
    guard let mailbox, !choice.removable.isEmpty else { return [:] }
    let count = choice.removable.count
    if let limit = PruneLimit(percent: context.options.pruneLimit)
      .needed(toRemove: count, of: all.count)
    {
      context.collector.add(
        Question(
          mailbox: home,
          text: "\(count) of \(Counted.messages(all.count)) are gone at the source and would be "
            + "put into the trash",
          options: ["--prune-limit \(limit)"]))
      return [:]
    }
    if context.options.dryRun {
      for (candidate, file) in choice.removable {
        context.observer.planned(
          PlannedChange(
            action: .remove, mailbox: candidate.source, messages: 1, uid: candidate.message.uid,
            file: mailbox.path(of: file)))
      }
    } else {
      try Trash(of: context.archive).take(choice.removable.map(\.file), from: mailbox, at: date)
      Checkpoint.pass("prune: before what went is recorded")
      try record(choice.removable.map(\.candidate))
    }
    return choice.removable.reduce(into: [:]) { $0[$1.candidate.source, default: 0] += 1 }
  }

  private func choose(
    _ candidates: [Candidate], among all: [StoredMessage], in mailbox: (any Mailbox)?,
    _ index: ArchiveIndex
  ) throws -> Choice {
    var choice = Choice()
    let files = Dictionary(grouping: all, by: \.origin)
    for candidate in candidates {
      let found = files[candidate.origin] ?? []
      guard let file = found.first, let mailbox else {
        // What is nowhere was deleted by hand.
        if let other = try index.file(of: candidate.origin, preferred: .inbox) {
          choice.moved.append("\(other.mailbox): \(other.message.displayName)")
        }
        continue
      }
      if try found.count > 1 || !isAsPulled(file, candidate.message, in: mailbox) {
        choice.edited.append(file.displayName)
      } else if isFlaggedByHand(file, candidate.message) {
        choice.flagged.append(file.displayName)
      } else {
        choice.removable.append((candidate, file))
      }
    }
    return choice
  }

  /// Whether a file holds what was fetched, as far as that is known: a record that was made anew says
  /// only what the file held then.
  private func isAsPulled(
    _ file: StoredMessage, _ message: HeldMessage, in mailbox: any Mailbox
  ) throws -> Bool {
    guard message.flags != nil, file.namedWireSize ?? message.size == message.size else {
      return false
    }
    return try digester.run(file, in: mailbox).digest == message.digest
  }

  /// Whether somebody gave or took a flag: to have read a message is no reason to keep it, nor to have
  /// marked it as deleted.
  private func isFlaggedByHand(_ file: StoredMessage, _ message: HeldMessage) -> Bool {
    func marks(_ flags: Flags) -> Flags {
      Flags(flags.system.subtracting([.seen, .deleted]), keywords: flags.keywords)
    }
    return marks(file.flags) != marks(message.flags ?? Flags())
  }

  private func tell(_ choice: Choice, of home: MailboxName) {
    func tell(_ names: [String], _ one: String, _ many: String) {
      guard !names.isEmpty else { return }
      context.collector.add(
        Notice(
          kind: .other, mailbox: home,
          text: Counted.messages(names.count) + " that the source has no longer "
            + Counted.word(names.count, one, many) + ": " + Counted.list(names)))
    }
    tell(
      choice.edited, "is not what was fetched, as far as is known, and stays",
      "are not what was fetched, as far as is known, and stay")
    tell(
      choice.flagged, "has other flags by hand and stays", "have other flags by hand and stay")
    tell(choice.moved, "was moved by hand and stays", "were moved by hand and stay")
  }

  private func record(_ candidates: [Candidate]) throws {
    for (name, gone) in Dictionary(grouping: candidates, by: \.source).sorted(by: {
      $0.key < $1.key
    }) {
      let journal = try PullJournal(
        in: context.directory, key: context.key(of: name).hex, mailbox: name, readOnly: false)
      for candidate in gone { journal.append(.fate(candidate.message.uid, .trashed)) }
      try journal.flush()
      if !present.contains(name) { try context.removeShell(of: name) }
    }
  }
}
