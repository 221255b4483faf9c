import Clients
import Journals
import Mail
import Protocols
import Stores

/// Fetches messages of a maildrop, over as many connections as that takes, and finds those that the server
/// can't give.
final class FetchMaildrop {
  private let context: PullContext
  private let mailbox: MailboxName
  private let key: MailboxKey
  private let journal: PullJournal
  private var window = FetchWindow()
  private var lost = LostConnections()

  /// Messages and octets that are in the archive for good.
  private(set) var messages = 0
  private(set) var bytes: Int64 = 0
  /// Messages that are not asked for again in this run.
  private(set) var givenUp: Set<UID> = []
  /// Those that are in the archive for good.
  private(set) var delivered: Set<UID> = []
  /// What came and turned out to be held already, by the UID under which it was asked for.
  private(set) var recognised: [UID: UnboundMessages.Message] = [:]
  private var dated: [HeaderDate.Field: Int] = [:]
  private var undated = 0

  init(context: PullContext, mailbox: MailboxName, key: MailboxKey, journal: PullJournal) {
    self.context = context
    self.mailbox = mailbox
    self.key = key
    self.journal = journal
  }

  /// Fetches on one connection.
  ///
  /// - Parameters:
  ///   - uids: what to fetch, by number.
  ///   - listing: the maildrop.
  ///   - unbound: what is held and may be among it.
  ///   - store: where the messages go.
  ///   - connection: the maildrop's.
  /// - Throws: what the connection throws; what came whole until then is in the archive, and the
  ///   next call is given what is left.
  func run(
    _ uids: [UInt32: UID], _ listing: MaildropListing, _ unbound: UnboundMessages,
    into store: any Mailbox, _ connection: POP3Connection
  ) throws {
    guard !uids.isEmpty else { return }
    recognised = [:]
    let sink = DeliverMessages(
      mailbox: store, key: key, uidValidity: .maildrop, journal: journal, run: context.run.current)
    context.observer.mailboxBegan(mailbox, messages: messages + uids.count, bytes: 0)
    defer {
      messages += sink.delivered
      bytes += sink.deliveredBytes
      undated += sink.undated
      delivered.formUnion(sink.received.uids)
    }
    let numbers = uids.keys.sorted()
    var open = numbers[...]
    do {
      try connection.retrieve(
        numbers, sizes: listing.messages.mapValues(\.octets), window: ahead
      ) { event in
        switch event {
        case .begins: try sink.begin()
        case .chunk(let octets): try sink.write(octets)
        case .ends(let number):
          open = open.dropFirst()
          guard let uid = uids[number] else { return sink.abandon() }
          try finish(uid, sink, unbound)
        case .refused(let number, let text):
          open = open.dropFirst()
          if let uid = uids[number] { try fail(uid, "the server refuses it: \(text.text)") }
        }
      }
    } catch let error as ClientError {
      lost.suspect = open.first.flatMap { uids[$0] }
      // What came whole stays, whatever became of the connection.
      sink.abandon()
      try sink.commit()
      throw error
    }
    sink.abandon()
    try sink.commit()
  }

  private var ahead: POP3Window {
    POP3Window(
      octets: POP3Window.standard.octets,
      messages: min(window.count, POP3Window.standard.messages))
  }

  private func finish(_ uid: UID, _ sink: DeliverMessages, _ unbound: UnboundMessages) throws {
    let found = HeaderDate.find(in: sink.header.bytes)
    var isHeld = false
    try sink.finish(uid, flags: Flags(), date: found?.date) { digest in
      guard let message = unbound.take(digest) else { return false }
      recognised[uid] = message
      isHeld = true
      return true
    }
    if !isHeld, let found { dated[found.field, default: 0] += 1 }
    lost.received()
    window.received()
    context.observer.progress(
      mailbox, messagesDone: messages + sink.progress.messages,
      bytesDone: bytes + sink.progress.bytes)
  }

  /// Decides, when the connection is lost, whether to go on without the message that is to blame.
  ///
  /// - Throws: the error, if another connection would not help.
  func judge(_ error: ClientError) throws {
    if let uid = try lost.judge(error, &window) { try fail(uid, LostConnections.reason) }
  }

  private func fail(_ uid: UID, _ reason: String) throws {
    givenUp.insert(uid)
    try context.fail(uid, of: mailbox, reason, journal)
  }

  /// Where the internal dates come from, which POP3 does not tell; nil where nothing was fetched.
  var dates: String? {
    let parts = [
      (dated[.received] ?? 0, "that of the topmost Received field"),
      (dated[.date] ?? 0, "that of the Date field"), (undated, "the time of this pull"),
    ].filter { $0.0 > 0 }
    guard !parts.isEmpty else { return nil }
    return "POP3 tells no internal dates: "
      + parts.map { count, what in
        "\(Counted.messages(count)) \(count == 1 ? "has" : "have") \(what)"
      }.joined(separator: ", ")
  }
}
