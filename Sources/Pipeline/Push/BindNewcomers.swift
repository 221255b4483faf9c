import Clients
import Journals
import Mail
import Stores

/// Finds out which messages that the index does not know are messages of the archive, or such as were
/// pushed once; the rest is somebody's own mail.
struct BindNewcomers {
  let connection: IMAPConnection
  let journal: PushJournal
  let observation: ObserveTarget.Observation
  let flags: TargetFlags
  /// The whole archive mailbox.
  let messages: [ArchiveMessage]
  /// The forms in which a server may keep a message, by its name in the archive.
  let tolerated: (String, _ passesTrace: Bool) throws -> [ContentDigest]
  /// Called with the number of messages that were recognised though the server altered them.
  let onAltered: (Int) -> Void
  /// The entry after which those of the messages come that were appended while these arrived.
  let sentSince: Int
  /// Called with the UIDs of messages that arrived after they had been given up and sent again.
  let onLate: ([UID]) -> Void
  /// Called with the UIDs of messages that others brought while they were being sent.
  let onTwice: ([UID]) -> Void

  /// Binds entries, then the messages for which there is no entry yet.
  ///
  /// - Parameter toSend: places of the messages that the index says the target lacks.
  /// - Returns: those that were found on the target, and so need not be sent.
  /// - Throws: `ClientError`, and what `tolerated` throws.
  func run(toSend: [Int]) throws -> Set<Int> {
    // What was settled since the mailbox was looked at is bound already.
    let bound = Set(journal.record.entries.values.lazy.compactMap(\.uid))
    var candidates = observation.newcomers.filter { !bound.contains($0.message.uid) }
    guard !candidates.isEmpty || observation.isAnew else { return try bind(toSend, to: []) }
    candidates = ListCandidates.markedLast(candidates) { $0.flags }
    let vanished = self.vanished
    try rebind(&candidates) { $0.isGone || $0.uid == nil || vanished.contains($0.number) }
    return try bind(toSend, to: candidates)
  }

  /// Entries whose UID is gone and whose message may be there under another one: it was moved out and
  /// back, or the server's UIDs don't last.
  private var vanished: Set<Int> {
    let record = journal.record
    // What mailarc itself was removing has not come back.
    return Set(observation.vanished).subtracting(record.removing).subtracting(record.outdated)
      .subtracting(record.replacements.keys)
  }

  /// Binds entries that lost their UIDs because the mailbox is another one.
  ///
  /// Before open intents are settled: of twins, the one that is there for sure comes before the one
  /// that may have arrived.
  /// - Throws: `ClientError`, and what `tolerated` throws.
  func rebindLive() throws {
    var candidates = ListCandidates.markedLast(observation.newcomers) { $0.flags }
    try rebind(&candidates) { $0.isUnbound }
  }

  // MARK: Entries

  /// Entries that lost their UID, and such as were gone and came back.
  private func rebind(
    _ candidates: inout [ListCandidates.Candidate], _ isMeant: (IndexEntry) -> Bool
  ) throws {
    let entries = journal.record.entries.values
      .filter { $0.digest != nil && isMeant($0) }
      .sorted { $0.number < $1.number }
    let wanted = entries.compactMap { entry in
      entry.digest.map {
        WantedMessage(
          digest: $0, headerKey: entry.headerKey, size: entry.size, isAsPulled: true,
          copies: journal.record.copies(of: $0))
      }
    }
    guard !wanted.isEmpty, !candidates.isEmpty else { return }
    let matches = try matcher(candidates, observation.isAnew ? .all : .none).run(
      wanted: wanted, candidates: candidates.map(\.message),
      read: { try read($0, passesTrace: true) },
      tolerated: { try tolerated(entries[$0].source, true) })
    for match in matches {
      journal.append(
        .rebound(
          entry: entries[match.wanted].number, candidates[match.candidate].message.uid))
    }
    let taken = Set(matches.map(\.candidate))
    candidates = candidates.indices.filter { !taken.contains($0) }.map { candidates[$0] }
  }

  // MARK: Messages of the archive

  private func bind(
    _ toSend: [Int], to newcomers: [ListCandidates.Candidate]
  ) throws -> Set<Int> {
    // What was somebody's own mail so far may be what was put into the archive since.
    let others = journal.record.entries.values
      .filter { $0.origin == .other && !$0.isGone && $0.uid != nil }
      .sorted { $0.number < $1.number }
    let known = others.compactMap { entry in
      entry.uid.map {
        ListCandidates.Candidate(
          message: CandidateMessage(uid: $0, headerKey: entry.headerKey, size: entry.size),
          flags: entry.flags)
      }
    }
    let sources = ListCandidates.markedLast(
      newcomers.map { (candidate: $0, entry: nil) }
        + zip(known, others).map { (candidate: $0, entry: $1.number) }
    ) { $0.candidate.flags }
    let candidates = sources.map(\.candidate)
    let matches =
      toSend.isEmpty || candidates.isEmpty
      ? []
      : try matcher(candidates, .alike).run(
        wanted: toSend.map { place in
          var wanted = messages[place].wanted
          wanted.copies = journal.record.copies(of: wanted.digest)
          return wanted
        }, candidates: candidates.map(\.message),
        read: { try read($0, passesTrace: false) },
        tolerated: { try tolerated(messages[toSend[$0]].source, false) })
    let altered = matches.count { $0.evidence == .tolerated }
    if altered > 0 { onAltered(altered) }
    let found = Set(matches.map(\.candidate))
    try lookForTwice(
      sources.indices.filter { sources[$0].entry == nil && !found.contains($0) }
        .map { candidates[$0].message })
    var matched: [Int: MatchMessages.Match] = [:]
    for match in matches { matched[match.candidate] = match }
    for (place, candidate) in candidates.enumerated() {
      let old = sources[place].entry
      guard let match = matched[place] else {
        if old == nil { journal.append(.entry(other(candidate))) }
        continue
      }
      let message = messages[toSend[match.wanted]]
      journal.append(.entry(entry(for: message, candidate, match.evidence, number: old)))
    }
    return Set(matches.map { toSend[$0.wanted] })
  }

  /// Nothing can be done about a server that carries out a command minutes after its connection is
  /// gone, nor about somebody who puts the same mail there at the same moment, but that a message is
  /// there twice has to be said.
  private func lookForTwice(_ newcomers: [CandidateMessage]) throws {
    let sentAgain = journal.record.voided
    let sent = journal.record.entries.values.filter {
      $0.number > sentSince && $0.origin == .pushed
    }
    guard !newcomers.isEmpty, !sentAgain.isEmpty || !sent.isEmpty else { return }
    let keys = Set(
      sentAgain.values.map { MatchMessages.KeyAndSize($0.headerKey, $0.size) }
        + sent.map { MatchMessages.KeyAndSize($0.headerKey, $0.size) })
    let doubtful = newcomers.filter { keys.contains(.init($0.headerKey, $0.size)) }.map(\.uid)
    guard !doubtful.isEmpty else { return }
    let contents = try read(doubtful, passesTrace: true).mapValues(\.exact)
    let late = doubtful.filter { contents[$0].map { sentAgain[$0] != nil } ?? false }
    if !late.isEmpty { onLate(late) }
    let digests = Set(sent.compactMap(\.digest)).subtracting(sentAgain.keys)
    let twice = doubtful.filter { contents[$0].map(digests.contains) ?? false }
    if !twice.isEmpty { onTwice(twice) }
  }

  private func other(_ candidate: ListCandidates.Candidate) -> IndexEntry {
    IndexEntry(
      number: journal.record.lastEntry + 1, uid: candidate.message.uid, digest: nil,
      headerKey: candidate.message.headerKey, size: candidate.message.size, origin: .other,
      flags: candidate.flags, isGone: false, source: "")
  }

  /// The base for later changes is what both sides agree on: what the target has beyond it was set
  /// there by somebody, and stays.
  private func entry(
    for message: ArchiveMessage, _ candidate: ListCandidates.Candidate,
    _ evidence: MatchMessages.Evidence, number: Int?
  ) -> IndexEntry {
    IndexEntry(
      number: number ?? journal.record.lastEntry + 1, uid: candidate.message.uid,
      digest: message.digest, headerKey: candidate.message.headerKey,
      size: candidate.message.size, origin: evidence == .headerKey ? .matched : .found,
      flags: flags.kept(of: message.flags).intersection(candidate.flags), isGone: false,
      source: message.source)
  }

  // MARK: Matching

  private func read(_ uids: [UID], passesTrace: Bool) throws -> [UID: ContentDigests] {
    try ReadContents(connection: connection, passesTrace: passesTrace).run(UIDSet(uids))
  }

  private func matcher(
    _ candidates: [ListCandidates.Candidate], _ tolerance: MatchMessages.Tolerance
  ) -> MatchMessages {
    var archive: [MatchMessages.KeyAndSize: Int] = [:]
    for message in messages { archive[.init(message.headerKey, message.size), default: 0] += 1 }
    var target: [MatchMessages.KeyAndSize: Int] = [:]
    var recorded: [MatchMessages.KeyAndSize: Int] = [:]
    for entry in journal.record.entries.values where entry.origin != .other || entry.isGone {
      recorded[.init(entry.headerKey, entry.size), default: 0] += 1
      if entry.uid != nil, !entry.isGone {
        target[.init(entry.headerKey, entry.size), default: 0] += 1
      }
    }
    for candidate in candidates {
      target[.init(candidate.message.headerKey, candidate.message.size), default: 0] += 1
    }
    // An entry and the archive's message are one; more of either than one is a doubt.
    archive.merge(recorded) { max($0, $1) }
    return MatchMessages(archiveCounts: archive, targetCounts: target, tolerance: tolerance)
  }
}
