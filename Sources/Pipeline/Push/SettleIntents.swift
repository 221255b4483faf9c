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
  /// So many seconds after a batch was begun no server still carries it out, however slow the line
  /// was by which it came.
  private static let certainlyOver: Int64 = 3600
  /// Octets a second that any server stores.
  private static let slowestServer = 1_048_576.0
  private static let pollSeconds = 0.5

  let journal: PushJournal
  let raw: RawMailboxName
  /// How long the mailbox has to stand still, at least.
  let leastSeconds: Double
  /// How many messages of the archive mailbox have a key.
  let archive: [MatchMessages.KeyAndSize: Int]
  let tolerated: (String, _ passesTrace: Bool) throws -> [ContentDigest]

  /// Waits until the mailbox's UIDNEXT has stood still for long enough: a dead connection's commands
  /// may still be executing.
  func waitForQuiet(_ server: AccountConnection) throws {
    let quietSeconds = quietSeconds(at: WallClock.now)
    guard quietSeconds > 0 else { return }
    var last = try uidNext(server)
    var since = MonotonicClock.now
    while MonotonicClock.now.seconds(since: since) < quietSeconds {
      try server.wait(seconds: min(Self.pollSeconds, quietSeconds))
      let next = try uidNext(server)
      if next != last {
        last = next
        since = .now
      }
    }
  }

  /// How long the mailbox has to stand still at that time: as long as the server may take for the
  /// largest open batch; zero if there is nothing to wait for.
  func quietSeconds(at now: Int64) -> Double {
    // A clock that was set back makes a batch from the future; it is fresh as well.
    let fresh = journal.record.batches.values.filter { now - $0.time < Self.certainlyOver }
    let octets = fresh.map { $0.open.values.reduce(0) { $0 + Double($1.size) } }
    guard let largest = octets.max() else { return 0 }
    return max(leastSeconds, largest / Self.slowestServer)
  }

  private func uidNext(_ server: AccountConnection) throws(ClientError) -> UInt32 {
    let items = try server.live().status(of: raw, [.uidNext, .messages])
    return items?.uidNext?.value ?? items?.messages ?? 0
  }

  /// Compares what is in the selected mailbox with the open intents.
  ///
  /// - Returns: how many messages had not arrived.
  func run(
    _ connection: IMAPConnection, _ observation: ObserveTarget.Observation
  ) throws -> Int {
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
    var matched: [Int: ListCandidates.Candidate] = [:]
    for match in matches { matched[match.wanted] = candidates[match.candidate] }
    try close(matched: matched)
    return open.count - matched.count
  }

  private struct OpenIntent {
    let batch: Int
    let item: Int
    let intent: AppendIntent
  }

  private func openIntents() -> [OpenIntent] {
    journal.record.batches.values.sorted { $0.number < $1.number }.flatMap { batch in
      batch.open.sorted { $0.key < $1.key }.map {
        OpenIntent(batch: batch.number, item: $0.key, intent: $0.value)
      }
    }
  }

  /// The messages at or above the lowest UIDNEXT of the open batches that no entry stands for; all of
  /// them if the UIDs mean something else by now.
  private func candidateUIDs(_ observation: ObserveTarget.Observation) -> UIDSet {
    let batches = journal.record.batches.values
    let sameValidity = batches.allSatisfy { $0.uidValidity == observation.uidValidity }
    let lowest = sameValidity ? batches.map(\.uidNext).min() ?? 1 : 1
    let bound = UIDSet(
      journal.record.entries.values.lazy.filter { $0.origin != .other }.compactMap(\.uid))
    let below = UIDSet(unsorted: lowest > 1 ? [1...(lowest - 1)] : [])
    return observation.present.subtracting(below).subtracting(bound)
  }

  private func close(matched: [Int: ListCandidates.Candidate]) throws {
    let uids = Set(matched.values.map(\.message.uid))
    // What an earlier run took for somebody's own mail is ours after all.
    for entry in journal.record.entries.values.sorted(by: { $0.number < $1.number })
    where entry.origin == .other && entry.uid.map({ uids.contains($0) }) == true {
      journal.append(.dropped(entry: entry.number))
    }
    for (place, open) in openIntents().enumerated() {
      guard let candidate = matched[place] else {
        journal.append(.void(batch: open.batch, item: open.item))
        continue
      }
      let entry = IndexEntry(
        number: journal.record.lastEntry + 1, uid: candidate.message.uid,
        digest: open.intent.digest, headerKey: candidate.message.headerKey,
        size: candidate.message.size, origin: .pushed, flags: open.intent.flags, isGone: false,
        source: open.intent.source)
      journal.append(.confirmed(batch: open.batch, item: open.item, entry))
    }
    try journal.flush()
  }
}
