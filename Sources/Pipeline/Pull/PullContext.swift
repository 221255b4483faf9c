import Clients
import Journals
import Mail
import Platform
import Stores

/// What all workers of a pull share.
struct PullContext: Sendable {
  let options: PullOptions
  let archive: Archive
  /// `.mailarc/pull`.
  let directory: Directory
  let states: MailboxStates
  let run: RunNumbers
  let index: ArchiveIndex
  let names: HandNames
  let movedFlags: MovedFlags
  let observer: any RunObserver
  let collector: ReportCollector
  let interruption: Interruption

  func key(of mailbox: MailboxName) -> MailboxKey {
    MailboxKey(account: options.source.identity, mailbox: mailbox)
  }

  /// The mailbox of the archive in which the mail of a source mailbox belongs.
  func home(of mailbox: MailboxName) -> MailboxName {
    archive.table[mailbox]?.archiveName ?? mailbox
  }

  /// Says that records of a mailbox's journal are lost.
  func tellDamage(of journal: PullJournal, _ mailbox: MailboxName) {
    guard case .lost(let records) = journal.damage else { return }
    collector.add(
      Notice(
        kind: .other, mailbox: mailbox,
        text: "\(records) records of the journal were damaged; what they said is found out anew"))
  }

  /// Records and tells that a message could not be had.
  func fail(
    _ uid: UID, of mailbox: MailboxName, _ reason: String, _ journal: PullJournal
  ) throws(JournalError) {
    journal.append(.failed(uid, reason: reason))
    try journal.flush()
    collector.add(
      MessageFailure(
        mailbox: mailbox, uid: uid, file: nil, reason: reason,
        advice: "It is tried again in the next run."))
  }

  /// Asks; nothing is done before the user decides, and until then a mailbox counts as it was left before.
  func waiting(
    for question: String, _ mailbox: MailboxName, _ report: MailboxReport, isWhole: Bool,
    _ known: RecordedState?
  ) -> PulledMailbox {
    collector.add(Question(mailbox: mailbox, text: question, options: Disappearance.answers))
    var pulled = PulledMailbox(name: mailbox, report: report)
    pulled.isSettled = false
    pulled.isWhole = isWhole
    pulled.state = known.map {
      RecordedState(state: $0.state, outstanding: max(1, $0.outstanding), archive: $0.archive)
    }
    return pulled
  }

  /// Takes away the directory of a mailbox that the source has no longer, if nothing is in it.
  ///
  /// - Throws: what the archive throws.
  func removeShell(of name: MailboxName) throws(StoreError) {
    let home = home(of: name)
    let isShared = archive.table.records.contains { $0.name != name && $0.archiveName == home }
    if !isShared, try archive.removeIfEmpty(home) { archive.table.remove(name) }
  }
}

/// What a pull leaves to be done for a mailbox when all mailboxes were looked at.
struct PulledMailbox: Sendable {
  let name: MailboxName
  var report: MailboxReport
  /// The UIDVALIDITY that the UIDs of `gone` are of.
  var uidValidity: UIDValidity?
  /// Messages that are no longer in it at the source.
  var gone: [HeldMessage] = []
  /// Messages that were recorded as gone at the source before, of which nobody knows whether the archive
  /// still has them.
  var kept: [HeldMessage] = []
  /// Of `gone`, those whose files were seen.
  var located: Set<UID> = []
  /// Messages of the UIDVALIDITY before that are no longer in it.
  var former: [HeldMessage] = []
  /// The UIDVALIDITY of `former`.
  var formerValidity: UIDValidity?
  /// Whether what is held was matched with another UIDVALIDITY: of what the source has no longer the journal
  /// knows nothing from then on.
  var isRematched = false
  /// Messages that are new since the last run that ended.
  var arrivals: [HeldMessage] = []
  /// Whether the source has the mailbox no longer.
  var isVanished = false
  /// Whether it is what the name stood for under the UIDVALIDITY before.
  var isFormer = false
  /// Whether all was done; not so while a question is open.
  var isSettled = true
  /// Whether the source gave all messages that it counts: else what seems to be gone may be among the rest.
  var isWhole = true
  /// What this run found to be gone and not moved.
  var nowGone: Set<UID> = []
  /// Whether nothing is left in the archive that the source has elsewhere or not at all.
  var isClear: Bool { gone.isEmpty && former.isEmpty && !isVanished }
  /// How the mailbox is left, recorded when its gone messages are.
  var state: RecordedState?
}
