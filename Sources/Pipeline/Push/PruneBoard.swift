import Journals
import Mail
import Synchronization

/// What the pushes into single mailboxes leave for `--prune`, which comes last: what may be removed from
/// one mailbox depends on what became of all others.
final class PruneBoard: Sendable {
  /// A mailbox that holds messages which the archive has no longer.
  struct Job: Sendable {
    let target: PushTarget
    /// What was done in the mailbox so far.
    let report: MailboxReport
    /// Entries of such messages.
    let surplus: [Int]
  }

  /// The archive's files that go into a mailbox.
  struct Files: Sendable {
    /// By name: whether what it holds is on the target.
    var areThere: [BaseNameHash: Bool] = [:]
    /// What they hold that is not on the target.
    var lacking: Set<ContentDigest> = []
  }

  private struct Content {
    var jobs: [Job] = []
    /// By mailbox of the target.
    var files: [MailboxName: Files] = [:]
    var isWhole = true
  }

  private let content = Mutex(Content())

  /// A part of the archive can't be read: what seems to be missing may be in there.
  func cannotReadAll() { content.withLock { $0.isWhole = false } }

  /// This is what goes into a mailbox, and what of it is there; what was said before no longer counts.
  ///
  /// - Parameters:
  ///   - side: the archive's files.
  ///   - plan: says what the target has.
  ///   - mailbox: of the target.
  ///   - dryRun: whether what would be sent counts as there.
  func saw(_ side: ArchiveSide, _ plan: PlanPush.Plan, in mailbox: MailboxName, dryRun: Bool) {
    if !side.isWhole { cannotReadAll() }
    let sent = dryRun ? Set(plan.toSend) : []
    var files = Files()
    for (place, message) in side.messages.enumerated() {
      let isThere = plan.pairs[place] != nil || sent.contains(place)
      let name = BaseNameHash(of: message.stored)
      files.areThere[name] = isThere && files.areThere[name] != false
      if !isThere { files.lacking.insert(message.digest) }
    }
    content.withLock { [files] in $0.files[mailbox] = files }
  }

  /// Messages of a mailbox are no longer in the archive.
  func add(_ job: Job) { content.withLock { $0.jobs.append(job) } }

  /// All that is to be done, in order.
  var jobs: [Job] { content.withLock { $0.jobs.sorted { $0.target.name < $1.target.name } } }

  /// Whether all of the archive was read.
  ///
  /// - Parameter mailboxes: of the target, each of which has to have been seen.
  /// - Returns: false if anything in the archive is not known.
  func isWhole(_ mailboxes: [MailboxName]) -> Bool {
    content.withLock { content in
      content.isWhole && mailboxes.allSatisfy { content.files[$0] != nil }
    }
  }

  /// Whether the archive has the message, or another one in the file of that name, and the target has
  /// not what the archive has there.
  func lacks(_ entry: IndexEntry) -> Bool {
    let hash = BaseNameHash(entry.source)
    return content.withLock { content in
      content.files.values.contains { files in
        files.areThere[hash] == false || entry.digest.map(files.lacking.contains) == true
      }
    }
  }
}
