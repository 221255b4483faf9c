import Clients
import Journals
import Mail
import Platform
import Protocols
import Stores

/// Fetches what one mailbox's plan asks for, over as many connections as that takes, and finds the
/// messages that the server can't give.
///
/// Confined to one worker.
final class FetchPlanned {
  private let context: PullContext
  private let mailbox: MailboxName
  private let key: MailboxKey
  private let journal: PullJournal
  private var window = FetchWindow()
  private var lost = LostConnections()
  private var undated = 0

  /// Messages and octets that are in the archive for good.
  private(set) var messages = 0
  private(set) var bytes: Int64 = 0
  /// Messages that are not asked for again in this run.
  private(set) var givenUp: UIDSet = []

  init(context: PullContext, mailbox: MailboxName, key: MailboxKey, journal: PullJournal) {
    self.context = context
    self.mailbox = mailbox
    self.key = key
    self.journal = journal
  }

  /// Fetches on one connection.
  ///
  /// - Parameters:
  ///   - uids: what to fetch.
  ///   - flags: what the listing told of them.
  ///   - store: where the messages go.
  ///   - validity: that of the UIDs.
  ///   - connection: with the mailbox open.
  /// - Throws: what the connection throws; what came whole until then is in the archive, and the
  ///   next call is given what is left.
  func run(
    _ uids: UIDSet, flags: [UID: Flags], into store: any Mailbox, _ validity: UIDValidity,
    _ connection: IMAPConnection
  ) throws {
    guard !uids.isEmpty else { return }
    let sink = DeliverMessages(
      mailbox: store, key: key, uidValidity: validity, journal: journal,
      run: context.run.current)
    context.observer.mailboxBegan(mailbox, messages: messages + uids.count, bytes: 0)
    defer {
      messages += sink.delivered
      bytes += sink.deliveredBytes
      undated += sink.undated
    }
    let stage = FetchMessages(connection: connection, sink: sink, listed: flags) { _ in
      self.lost.received()
      self.context.observer.progress(
        self.mailbox, messagesDone: self.messages + sink.progress.messages,
        bytesDone: self.bytes + sink.progress.bytes)
    }
    var underWay = UIDSet()
    do {
      let first = try stage.run(uids, window: &window, underWay: &underWay)
      for uid in first.leftOut.uids { try askAlone(uid, stage, first.refusal, &underWay) }
    } catch let error as ClientError {
      lost.suspect = underWay.subtracting(sink.received).first
      // What came whole stays, whatever became of the connection.
      sink.abandon()
      try sink.commit()
      throw error
    }
    sink.abandon()
    try sink.commit()
    tellUndated(undated + sink.undated)
  }

  private func tellUndated(_ count: Int) {
    guard count > 0 else { return }
    context.collector.add(
      Notice(
        kind: .datesNotKept, mailbox: mailbox,
        text: "the server told no internal date of "
          + (count == 1 ? "1 message, which has" : "\(count) messages, which have")
          + " the time of this pull"))
  }

  /// Decides, when the connection is lost, whether to go on without the message that is to blame.
  ///
  /// - Throws: the error, if another connection would not help.
  func judge(_ error: ClientError) throws {
    if let uid = try lost.judge(error, &window) { try fail(uid, LostConnections.reason) }
  }

  /// Asks once more for a message that a FETCH left out, to tell one that is gone from one that the
  /// server can't give.
  private func askAlone(
    _ uid: UID, _ stage: FetchMessages, _ refusal: String?, _ underWay: inout UIDSet
  ) throws {
    var alone = FetchWindow()
    let again = try stage.run([uid], window: &alone, underWay: &underWay)
    guard again.leftOut.contains(uid) else { return }
    // This is asked for its sake alone, too.
    underWay.insert(uid)
    defer { underWay = underWay.subtracting([uid]) }
    var found: FetchResponse?
    do {
      try stage.connection.fetch(.set([uid]), [.uid, .flags, .internalDate, .size]) { event in
        if case .fetch(let response) = event, response.uid == uid { found = response }
      }
    } catch {
      guard case .refused(_, _, let text) = error, !text.asksForPatience else { throw error }
      return try fail(uid, "the server refuses to tell of it: \(text.text)")
    }
    guard let found else {
      guard try stage.connection.searchAll().contains(uid) else { return }
      return try fail(uid, "the server lists it but tells nothing of it")
    }
    if found.size == 0 {
      try stage.sink.begin()
      try stage.sink.finish(uid, flags: found.flags ?? stage.listed[uid], date: found.internalDate)
      return
    }
    let words = again.refusal ?? refusal
    try fail(uid, "the server lists it but gives no content" + (words.map { ": \($0)" } ?? ""))
  }

  private func fail(_ uid: UID, _ reason: String) throws {
    givenUp.insert(uid)
    try context.fail(uid, of: mailbox, reason, journal)
  }
}
