import Clients
import Journals
import Mail
import Platform
import Protocols

/// Finds out what became of batches of which it is not known how they ended, so that they can
/// neither be lost nor sent twice.
///
/// All open intents of a mailbox settle together.
struct SettleIntents {
  let journal: PushJournal
  let raw: RawMailboxName
  /// How long the mailbox has to stand still before, at least.
  let settleSeconds: Double
  /// The longest that the server took for a batch so far, in seconds.
  let slowestBatch: Double
  /// How many messages of the archive mailbox have a key.
  let archive: [MatchMessages.KeyAndSize: Int]
  let tolerated: (String, _ passesTrace: Bool) throws -> [ContentDigest]

  /// What a push waits for before it settles: a dead connection's commands may still be executing.
  var quiet: WaitForQuiet {
    WaitForQuiet(
      raw: raw, leastSeconds: max(settleSeconds, 3 * slowestBatch),
      begun: journal.record.batches.values.map {
        .init(time: $0.time, octets: $0.open.values.reduce(0) { $0 + $1.size })
      })
  }

  /// Compares what is in the selected mailbox with the open intents.
  ///
  /// - Returns: the `source` of each message that had not arrived.
  func run(
    _ connection: IMAPConnection, _ observation: ObserveTarget.Observation
  ) throws -> [String] {
    let open = openIntents()
    let candidates = try ListCandidates(connection: connection).run(
      candidateUIDs(observation))
    let uids = Set(candidates.map(\.message.uid))
    let newcomers = observation.newcomers.map(\.message).filter { !uids.contains($0.uid) }
    let matches = try MatchMessages(
      sent: open.map { .init($0.intent.headerKey, $0.intent.size) }, archive: archive,
      record: journal.record, unknown: candidates.map(\.message) + newcomers
    ).run(
      wanted: open.map {
        WantedMessage(
          digest: $0.intent.digest, headerKey: $0.intent.headerKey, size: $0.intent.size,
          isAsPulled: true)
      },
      candidates: candidates.map(\.message),
      read: { try ReadContents(connection: connection, passesTrace: true).run(UIDSet($0)) },
      tolerated: { try tolerated(open[$0].intent.source, true) })
    var matched: [Int: Arrived] = [:]
    let isSure = hasSameValidity(observation)
    for match in matches {
      // What was altered, or is looked for in the whole mailbox, may be somebody else's copy.
      matched[match.wanted] = Arrived(
        candidate: candidates[match.candidate].message,
        isSure: isSure && match.evidence != .tolerated)
    }
    try close(matched: matched)
    return open.indices.filter { matched[$0] == nil && !open[$0].isCopy }
      .map { open[$0].intent.source }
  }

  private struct OpenIntent {
    let batch: Int
    let item: Int
    let intent: AppendIntent
    /// Whether the message is on the target anyway, and was to get another date.
    let isCopy: Bool
  }

  private struct Arrived {
    let candidate: CandidateMessage
    let isSure: Bool
  }

  private func openIntents() -> [OpenIntent] {
    journal.record.batches.values.sorted { $0.number < $1.number }.flatMap { batch in
      batch.open.sorted { $0.key < $1.key }.map {
        OpenIntent(
          batch: batch.number, item: $0.key, intent: $0.value,
          isCopy: batch.replaced[$0.key] != nil)
      }
    }
  }

  /// The messages at or above the lowest UIDNEXT of the open batches that no entry stands for; all of
  /// them if the UIDs mean something else by now.
  private func candidateUIDs(_ observation: ObserveTarget.Observation) -> UIDSet {
    let lowest =
      hasSameValidity(observation) ? journal.record.batches.values.map(\.uidNext).min() ?? 1 : 1
    let bound = UIDSet(
      journal.record.entries.values.lazy.filter { $0.origin != .other }.compactMap(\.uid))
    let below = UIDSet(unsorted: lowest > 1 ? [1...(lowest - 1)] : [])
    return observation.present.subtracting(below).subtracting(bound)
  }

  private func hasSameValidity(_ observation: ObserveTarget.Observation) -> Bool {
    journal.record.batches.values.allSatisfy { $0.uidValidity == observation.uidValidity }
  }

  private func close(matched: [Int: Arrived]) throws {
    let uids = Set(matched.values.map(\.candidate.uid))
    // What an earlier run took for somebody's own mail is ours after all.
    for entry in journal.record.entries.values.sorted(by: { $0.number < $1.number })
    where entry.origin == .other && entry.uid.map({ uids.contains($0) }) == true {
      journal.append(.dropped(entry: entry.number))
    }
    for (place, open) in openIntents().enumerated() {
      guard let arrived = matched[place] else {
        journal.append(.void(batch: open.batch, item: open.item))
        continue
      }
      let entry = IndexEntry(
        number: journal.record.lastEntry + 1, uid: arrived.candidate.uid,
        digest: open.intent.original, headerKey: arrived.candidate.headerKey,
        size: arrived.candidate.size, origin: .pushed, flags: open.intent.flags, isGone: false,
        source: open.intent.source)
      journal.append(.confirmed(batch: open.batch, item: open.item, entry))
      if !arrived.isSure { journal.append(.kept(entry: entry.number)) }
    }
    try journal.flush()
  }
}
