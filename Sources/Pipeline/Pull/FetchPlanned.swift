import Clients
import Journals
import Mail
import Platform
import Protocols
import Stores
import Transport

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
  /// The message that may be to blame for the drop: none unless content was being fetched.
  private var suspect: UID?
  private var receivedSinceDrop = false
  private var undated = 0

  /// Drops in a row that brought no message, nor told which one is to blame.
  private var drops = 0
  private static let mostDrops = 10

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
      self.receivedSinceDrop = true
      self.drops = 0
      self.context.observer.progress(
        self.mailbox, messagesDone: self.messages + sink.progress.messages,
        bytesDone: self.bytes + sink.progress.bytes)
    }
    var underWay = UIDSet()
    do {
      let first = try stage.run(uids, window: &window, underWay: &underWay)
      for uid in first.leftOut.uids { try askAlone(uid, stage, first.refusal, &underWay) }
    } catch let error as ClientError {
      suspect = underWay.subtracting(sink.received).first
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
    guard error.isRetryable || error.isLostStream else { throw error }
    let verdict = window.dropped(at: suspect, progressed: receivedSinceDrop)
    suspect = nil
    receivedSinceDrop = false
    switch verdict {
    case .tryAgain:
      drops += 1
      guard drops <= Self.mostDrops else { throw error }
    case .giveUp(let uid):
      try fail(uid, "the connection drops whenever the server is asked for it")
    case .hopeless: throw error
    }
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
      guard case .refused(_, _, let text) = error else { throw error }
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
    journal.append(.failed(uid, reason: reason))
    try journal.flush()
    context.collector.add(
      MessageFailure(
        mailbox: mailbox, uid: uid, file: nil, reason: reason,
        advice: "It is tried again in the next run."))
  }
}

extension ClientError {
  /// Whether the stream broke off, which may be one message's fault.
  fileprivate var isLostStream: Bool {
    switch self {
    case .transport(.connectionLost), .transport(.timedOut), .serverClosed: true
    default: false
    }
  }
}
