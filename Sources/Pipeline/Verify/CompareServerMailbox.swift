import Clients
import Journals
import Mail
import Protocols

/// Opens a mailbox of the server for reading, and compares what is there with what is expected.
struct CompareServerMailbox {
  let connection: IMAPConnection
  let raw: RawMailboxName
  let expected: ExpectedMailbox
  let full: Bool
  let withDeleted: Bool
  /// Called with how many messages of how many were downloaded or recognised.
  let onProgress: (Int) -> Void

  struct Outcome {
    /// The expected messages, with what was found of each.
    var messages: [ReceiptMessage]
    /// What the server has instead, of messages whose dates or flags differ.
    var dates: [Int: InternalDate] = [:]
    var flags: [Int: Flags] = [:]
    /// Why those are missing that are.
    var reasons: [Int: String] = [:]
    /// What is there without a counterpart.
    var surplus: [Surplus: UIDSet] = [:]
    var uidValidity: UIDValidity?
    /// How many messages are there.
    var onServer = 0
    /// Flags that the server did not take, which are not compared, and how many messages have some.
    var untaken = Flags()
    var untakenCount = 0
    /// Messages that are listed and of which nothing is told.
    var untold = UIDSet()
  }

  func run() throws -> Outcome {
    let (selected, present) = try ListMessages(
      connection: connection, raw: raw, readOnly: true
    ).run()
    var outcome = Outcome(messages: expected.messages)
    outcome.uidValidity = selected.uidValidity
    outcome.onServer = present.count
    takeUntaken(selected, &outcome)
    guard !outcome.messages.isEmpty else {
      try connection.leaveMailbox()
      outcome.addSurplus(present.uids, [], expected.known)
      return outcome
    }
    var lister = ListCandidates(connection: connection)
    lister.tellsDates = true
    let candidates = try lister.run(present)
    outcome.untold = present.subtracting(UIDSet(candidates.map(\.message.uid)))
    let result = try FindCounterparts(
      messages: outcome.messages, candidates: candidates,
      recorded: expected.known.recorded(outcome.messages, selected.uidValidity), full: full,
      withDeleted: withDeleted
    ).run(read: read, tolerated: expected.tolerated)
    try connection.leaveMailbox()
    outcome.messages = result.messages
    let byUID = Dictionary(
      candidates.map { ($0.message.uid, $0) }, uniquingKeysWith: { first, _ in first })
    for (place, message) in result.messages.enumerated() {
      guard message.dateDiffers || message.flagsDiffer,
        let candidate = message.uid.flatMap({ byUID[$0] })
      else { continue }
      outcome.dates[place] = candidate.date
      outcome.flags[place] = candidate.flags
    }
    let missing = result.messages.indices.filter { result.messages[$0].presence == .missing }
    outcome.reasons = expected.known.reasons(
      missing, of: result.messages, found: Set(result.messages.compactMap(\.uid)),
      selected.uidValidity)
    outcome.addSurplus(result, candidates, expected.known)
    return outcome
  }

  private func read(_ uids: [UID]) throws -> [UID: ContentDigests] {
    let reader = ReadContents(connection: connection, passesTrace: false)
    var found: [UID: ContentDigests] = [:]
    for chunk in UIDSet(uids).chunks(ofAtMost: 100, ranges: 100) {
      found.merge(try reader.run(chunk)) { $1 }
      onProgress(found.count)
    }
    return found
  }

  // MARK: Flags

  /// Takes from what is expected the flags that the server can't keep.
  ///
  /// Of a mailbox that is open for reading only, most servers say that it keeps none. What the server
  /// was asked to keep when the message was pushed, and did not, and what it now does not even know in
  /// this mailbox, it does not keep.
  private func takeUntaken(_ selected: SelectedMailbox, _ outcome: inout Outcome) {
    let told = selected.permanentFlags.flatMap { $0.isEmpty ? nil : $0 }
    for place in outcome.messages.indices {
      let message = outcome.messages[place]
      var untaken: Flags
      if let told {
        untaken = message.flags.subtracting(told)
        if selected.takesNewKeywords { untaken.keywords = [] }
      } else {
        untaken = expected.known.untaken(of: message).subtracting(selected.flags)
      }
      guard !untaken.isEmpty else { continue }
      outcome.messages[place].flags = message.flags.subtracting(untaken)
      outcome.untaken = outcome.untaken.union(untaken)
      outcome.untakenCount += 1
    }
  }
}

extension CompareServerMailbox.Outcome {
  /// Says what those are that have no counterpart.
  mutating func addSurplus(
    _ result: FindCounterparts.Result, _ candidates: [ListCandidates.Candidate],
    _ known: any KnownTransfers
  ) {
    addSurplus(
      result.extra.map { candidates[$0].message.uid },
      Set(result.copies.map { candidates[$0].message.uid }), known)
  }

  fileprivate mutating func addSurplus(
    _ uids: some Sequence<UID>, _ copies: Set<UID>, _ known: any KnownTransfers
  ) {
    var found: [Surplus: [UID]] = [:]
    for uid in uids {
      let what = known.surplus(uid, uidValidity)
      let isCopy = copies.contains(uid)
      found[isCopy ? Surplus(kind: .extra, words: "one more copy of a message") : what, default: []]
        .append(uid)
    }
    surplus = found.mapValues { UIDSet($0) }
  }
}
