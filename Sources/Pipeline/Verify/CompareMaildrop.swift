import Clients
import Journals
import Mail

/// Downloads what a maildrop holds, and compares it with what is expected of INBOX.
///
/// POP3 tells neither internal dates nor flags, and its sizes prove nothing: only contents are compared.
/// What was read stays read when the connection is lost, where the server gives its messages names.
final class CompareMaildrop {
  private struct Content {
    let digests: ContentDigests
    let headerKey: HeaderKey
    let size: Int64
  }

  private let expected: ExpectedMailbox
  /// Called with how many messages were downloaded.
  private let onProgress: (Int) -> Void
  private var named: [MaildropMessage: Content] = [:]

  init(expected: ExpectedMailbox, onProgress: @escaping (Int) -> Void) {
    self.expected = expected
    self.onProgress = onProgress
  }

  /// Compares, over one connection; the next one may go on.
  ///
  /// - Returns: the outcome, its UIDs those under which the archive's journal has the messages; what it has
  ///   not gets those that the next pull would give.
  /// - Throws: `ClientError`; what telling the tolerated forms throws.
  func run(_ connection: POP3Connection) throws -> CompareServerMailbox.Outcome {
    let listing = try MaildropListing.read(connection)
    let contents = try read(listing, connection)
    let uids = expected.known.uids(of: listing)
    var outcome = CompareServerMailbox.Outcome(messages: expected.messages.map(\.withContentOnly))
    outcome.uidValidity = .maildrop
    outcome.onServer = listing.messages.count
    outcome.untold = UIDSet(
      listing.numbers.lazy.filter { contents[$0] == nil }.compactMap { uids[$0] })
    var digests: [UID: ContentDigests] = [:]
    var candidates: [ListCandidates.Candidate] = []
    for (number, content) in contents {
      guard let uid = uids[number] else { continue }
      digests[uid] = content.digests
      candidates.append(
        .init(
          message: CandidateMessage(
            uid: uid, headerKey: content.headerKey, size: content.size), flags: Flags()))
    }
    candidates.sort { $0.message.uid < $1.message.uid }
    let result = try FindCounterparts(
      messages: outcome.messages, candidates: candidates,
      recorded: expected.known.recorded(outcome.messages, .maildrop), full: true,
      withDeleted: false
    ).run(read: { _ in digests }, tolerated: expected.tolerated)
    outcome.messages = result.messages
    outcome.reasons = expected.known.reasons(
      result.messages.indices.filter { result.messages[$0].presence == .missing },
      of: result.messages, found: Set(result.messages.compactMap(\.uid)), .maildrop)
    outcome.addSurplus(result, candidates, expected.known)
    return outcome
  }

  private func read(
    _ listing: MaildropListing, _ connection: POP3Connection
  ) throws -> [UInt32: Content] {
    var contents: [UInt32: Content] = [:]
    for (number, message) in listing.messages where message.uidl != nil {
      contents[number] = named[message]
    }
    var reader = DigestContent(passesTrace: false)
    var header = HeaderCollector()
    try connection.retrieve(
      listing.numbers.filter { contents[$0] == nil },
      sizes: listing.messages.mapValues(\.octets), window: .standard
    ) { event in
      switch event {
      case .begins:
        reader = DigestContent(passesTrace: false)
        header = HeaderCollector()
      case .chunk(let octets):
        reader.take(octets)
        header.take(octets)
      case .ends(let number):
        let size = reader.size
        let content = Content(
          digests: reader.finish(), headerKey: HeaderKey(header), size: size)
        contents[number] = content
        if let message = listing.messages[number], message.uidl != nil {
          named[message] = content
        }
        onProgress(contents.count)
      case .refused: break
      }
    }
    return contents
  }
}

extension ReceiptMessage {
  /// The message without what POP3 does not tell.
  fileprivate var withContentOnly: ReceiptMessage {
    ReceiptMessage(
      mailbox: mailbox, file: file, digest: digest, headerKey: headerKey, size: size,
      keyDecides: keyDecides, date: nil, flags: Flags())
  }
}
