import Journals
import Mail

/// What happens in the push into one mailbox, in words and numbers.
///
/// Confined to one worker.
final class PushReporter {
  var report: MailboxReport
  /// Messages that failed in this run, and so remain to be dealt with.
  private(set) var failures = 0
  private let name: MailboxName
  private let collector: ReportCollector
  private let observer: any RunObserver
  private var told: Set<String> = []

  init(_ name: MailboxName, collector: ReportCollector, observer: any RunObserver) {
    self.name = name
    self.collector = collector
    self.observer = observer
    report = MailboxReport(name: name)
  }

  /// A message can't be transferred; each is told once, however often it is tried.
  func fail(_ path: String, _ reason: String, advice: String?) {
    guard told.insert(path).inserted else { return }
    failures += 1
    collector.add(
      MessageFailure(mailbox: name, uid: nil, file: path, reason: reason, advice: advice))
  }

  /// A message may be incomplete; it is told once.
  func incomplete(_ message: IncompleteMessage) {
    guard told.insert(message.warning).inserted else { return }
    notice(.incomplete, message.warning)
  }

  /// Why a message counts as refused that the server did not refuse.
  static let unseen = "the server accepted it but does not show it"

  /// What is told of a refused message.
  static func words(_ reason: String) -> String {
    reason == unseen ? reason : "the server refused it: " + reason
  }

  func refused(_ path: String, _ reason: String) {
    fail(
      path, reason,
      advice: "Once the reason is gone, --retry-refused sends it again. --mend sends a copy in "
        + "which what servers are known to refuse is changed.")
  }

  /// What had to be left out of a message.
  func tell(_ notices: [(kind: Notice.Kind, text: String)]) {
    for one in notices { notice(one.kind, one.text) }
  }

  /// A mended copy of a message is on the target.
  func mended(_ path: String, _ copy: MendedCopy) {
    notice(
      .mended,
      "\(path) was refused (\(copy.reason)) and sent as a mended copy: "
        + MendWords.list(copy.mends))
  }

  /// A mended copy of a message would be sent.
  func wouldMend(_ path: String, _ copy: MendedCopy) {
    notice(
      .mended,
      "\(path), which was refused (\(copy.reason)), would be sent as a mended copy: "
        + MendWords.list(copy.mends))
  }

  /// Messages were on their way when a connection or a run broke off, and had not arrived.
  func missing(_ files: [String], areSentAgain: Bool) {
    guard !files.isEmpty else { return }
    let way = "way when a connection or a run broke off had not arrived"
    list(
      files, "was on its \(way)" + (areSentAgain ? " and is sent again" : ""),
      "were on their \(way)" + (areSentAgain ? " and are sent again" : ""))
  }

  /// Messages that mailarc put there are no longer in the archive's mailbox.
  func surplus(_ files: [String], because reason: String? = nil) {
    let why = reason.map { ", since \($0)" } ?? ""
    list(
      files, "was pushed is no longer in the archive and stays on the target" + why,
      "were pushed are no longer in the archive and stay on the target" + why)
  }

  /// Messages that were no longer in the archive's mailbox are no longer on the target either.
  func removed(_ files: [String]) {
    list(
      files, "was no longer in the archive was removed from the target",
      "were no longer in the archive were removed from the target")
  }

  /// Messages could not be removed, only marked.
  func marked(_ files: [String]) {
    let rest =
      " until a mail program expunges the mailbox, as the server can't or won't remove single messages"
    list(
      files, "is no longer in the archive is marked as deleted on the target and stays" + rest,
      "are no longer in the archive are marked as deleted on the target and stay" + rest)
  }

  /// Messages whose date was being fixed are there twice.
  func doubled(_ count: Int, because reason: String? = nil) {
    notice(
      .other,
      Counted.messages(count) + " whose date was being fixed "
        + Counted.word(count, "is", "are") + " on the target twice, with either date"
        + (reason.map { ", since \($0)" } ?? "") + ": run again with --fix-dates")
  }

  /// Names messages, and what became of the one or of all.
  private func list(_ files: [String], _ one: String, _ all: String) {
    notice(
      .other,
      Counted.messages(files.count) + " that " + Counted.word(files.count, one, all) + ": "
        + Counted.list(files))
  }

  /// Messages arrived after they had been sent again.
  func late(_ uids: [UID]) {
    notice(
      .other,
      Counted.messages(uids.count) + " arrived only after "
        + Counted.word(uids.count, "it", "they") + " had been sent again, and so "
        + Counted.word(uids.count, "is", "are") + " there twice: UID \(UIDSet(uids))")
  }

  /// Others brought messages while they were being sent.
  func twice(_ uids: [UID]) {
    notice(
      .other,
      Counted.messages(uids.count) + " came to the target from elsewhere while "
        + Counted.word(uids.count, "it was", "they were") + " being sent, and so "
        + Counted.word(uids.count, "is", "are") + " there twice: UID \(UIDSet(uids))")
  }

  /// Messages that were on the target already were recognised in the form in which it keeps them.
  func altered(_ count: Int) {
    notice(
      .other,
      Counted.messages(count) + " that the target has already "
        + Counted.word(count, "differs", "differ")
        + " from the archive's only as servers alter mail, and "
        + Counted.word(count, "is", "are") + " not sent again")
  }

  func notice(_ kind: Notice.Kind, _ text: String) {
    collector.add(Notice(kind: kind, mailbox: name, text: text))
  }

  func ask(_ text: String, options: [String]) {
    collector.add(Question(mailbox: name, text: text, options: options))
  }

  func planned(
    _ action: PlannedChange.Action, messages: Int = 0, bytes: Int64? = nil, uid: UID? = nil,
    file: String? = nil, detail: String? = nil
  ) {
    observer.planned(
      PlannedChange(
        action: action, mailbox: name, messages: messages, bytes: bytes, uid: uid, file: file,
        detail: detail))
  }

  /// So many messages more are about to be sent.
  func began(messages: Int, bytes: Int64) {
    observer.mailboxBegan(
      name, messages: report.transferred + messages, bytes: report.transferredBytes + bytes)
  }

  /// Messages are on the target for good.
  func appended(_ count: Int, _ bytes: Int64) {
    report.transferred += count
    report.transferredBytes += bytes
    observer.progress(
      name, messagesDone: report.transferred, bytesDone: report.transferredBytes)
  }
}
