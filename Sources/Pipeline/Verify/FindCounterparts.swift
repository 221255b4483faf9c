import Journals
import Mail
import Protocols

/// Finds for each message that is expected in a mailbox of a server the one that it is there, by count,
/// and says in what the two differ.
struct FindCounterparts {
  /// All that are expected in the mailbox.
  let messages: [ReceiptMessage]
  /// All that are there, ascending by UID.
  let candidates: [ListCandidates.Candidate]
  /// Under which UIDs records have messages.
  ///
  /// Of equal ones each then keeps its own; whether a message is there they don't decide.
  let recorded: [Int: UID]
  /// Whether every message is downloaded.
  let full: Bool
  /// Whether `\Deleted` is compared.
  let withDeleted: Bool

  struct Result: Equatable {
    /// The messages in their order, with what was found of each.
    var messages: [ReceiptMessage]
    /// Places of candidates without a counterpart.
    var extra: [Int] = []
    /// Those of them that are one more copy of a message that is there.
    var copies: Set<Int> = []
  }

  private typealias Evidence = MatchMessages.Evidence

  /// Matches, reading as few contents as that takes, and judges each pair.
  ///
  /// - Parameters:
  ///   - read: the digests of messages of the server; one that is no longer there is left out.
  ///   - tolerated: the tolerated digests of an expected message, most likely first.
  /// - Returns: the messages with verdicts, and what is left over.
  /// - Throws: what `read` and `tolerated` throw.
  func run(
    read: ([UID]) throws -> [UID: ContentDigests],
    tolerated: (Int) throws -> [ContentDigest]
  ) throws -> Result {
    var contents: [UID: ContentDigests] = [:]
    func reading(_ uids: [UID]) throws -> [UID: ContentDigests] {
      let unread = uids.filter { contents[$0] == nil }
      if !unread.isEmpty { contents.merge(try read(unread)) { $1 } }
      return contents
    }
    let wanted = messages.map(\.wanted)
    let all = candidates.map(\.message)
    let matches = try matcher(wanted, all).run(
      wanted: wanted, candidates: all, read: reading, tolerated: tolerated)
    var evidence: [Int: (message: Int, evidence: Evidence)] = [:]
    for match in matches { evidence[match.candidate] = (match.wanted, match.evidence) }
    try lookAtRecorded(wanted, &evidence, reading, tolerated)

    var result = Result(messages: messages)
    for place in result.messages.indices { result.messages[place].isNotThere() }
    var free = Set(candidates.indices).subtracting(evidence.keys)
    for group in groups(wanted, evidence, free, contents) {
      result.copies.formUnion(group.candidates)
      for (place, candidate) in pair(group.messages, group.candidates) {
        free.remove(candidate)
        result.copies.remove(candidate)
        judge(
          &result.messages[place], candidates[candidate],
          evidence[candidate]?.evidence ?? .content, contents)
      }
    }
    free.formUnion(result.copies)
    result.extra = free.sorted()
    return result
  }

  private func matcher(
    _ wanted: [WantedMessage], _ candidates: [CandidateMessage]
  ) -> MatchMessages {
    // Without counts no header key is unique, and so none decides.
    guard !full else {
      return MatchMessages(archiveCounts: [:], targetCounts: [:], tolerance: .all)
    }
    var here: [MatchMessages.KeyAndSize: Int] = [:]
    for message in wanted { here[.init(message.headerKey, message.size), default: 0] += 1 }
    var there: [MatchMessages.KeyAndSize: Int] = [:]
    for message in candidates { there[.init(message.headerKey, message.size), default: 0] += 1 }
    return MatchMessages(archiveCounts: here, targetCounts: there, tolerance: .alike)
  }

  /// A server may leave neither size nor header key as they were; what it keeps under the UID that is
  /// recorded is read for that reason alone.
  private func lookAtRecorded(
    _ wanted: [WantedMessage], _ evidence: inout [Int: (message: Int, evidence: Evidence)],
    _ read: ([UID]) throws -> [UID: ContentDigests],
    _ tolerated: (Int) throws -> [ContentDigest]
  ) throws {
    let found = Set(evidence.values.map(\.message))
    let places = recorded.keys.filter { !found.contains($0) }.sorted()
    let uids = Set(places.compactMap { recorded[$0] })
    let doubtful = candidates.indices.filter {
      evidence[$0] == nil && uids.contains(candidates[$0].message.uid)
    }
    guard !places.isEmpty, !doubtful.isEmpty else { return }
    _ = try read(doubtful.map { candidates[$0].message.uid })
    func match(_ places: [Int], _ doubtful: [Int]) throws {
      let matches = try MatchMessages(archiveCounts: [:], targetCounts: [:], tolerance: .all).run(
        wanted: places.map { wanted[$0] }, candidates: doubtful.map { candidates[$0].message },
        read: read, tolerated: { try tolerated(places[$0]) })
      for match in matches {
        evidence[doubtful[match.candidate]] = (places[match.wanted], match.evidence)
      }
    }
    // Of messages that the server made look alike, only the record knows which is which.
    let byUID = Dictionary(
      doubtful.map { (candidates[$0].message.uid, $0) }, uniquingKeysWith: { first, _ in first })
    for place in places {
      guard let candidate = recorded[place].flatMap({ byUID[$0] }), evidence[candidate] == nil
      else { continue }
      try match([place], [candidate])
    }
    let matched = Set(evidence.values.map(\.message))
    try match(
      places.filter { !matched.contains($0) }, doubtful.filter { evidence[$0] == nil })
  }

  // MARK: Twins

  private struct Group {
    var messages: [Int] = []
    var candidates: [Int] = []
  }

  /// Equal messages, those that are missing too, with what the server has of them, surplus copies too.
  private func groups(
    _ wanted: [WantedMessage], _ evidence: [Int: (message: Int, evidence: Evidence)],
    _ free: Set<Int>, _ contents: [UID: ContentDigests]
  ) -> [Group] {
    var groups: [ContentDigest: Group] = [:]
    for (place, message) in wanted.enumerated() {
      groups[message.digest, default: Group()].messages.append(place)
    }
    for candidate in candidates.indices {
      if let match = evidence[candidate] {
        groups[wanted[match.message].digest]?.candidates.append(candidate)
      } else if let digest = contents[candidates[candidate].message.uid]?.exact {
        groups[digest]?.candidates.append(candidate)
      }
    }
    return Array(groups.values)
  }

  /// What two messages have in common that are paired before others.
  private struct Trait: Hashable {
    var uid: UID?
    var flags: Flags?
    var date: InternalDate?
  }

  /// Pairs equal messages: those with the UID that is recorded first, then those that are alike in
  /// flags and date.
  private func pair(_ messages: [Int], _ candidates: [Int]) -> [(Int, Int)] {
    var pairs: [(Int, Int)] = []
    var open = messages
    var free = candidates
    for (hasUID, hasFlags, hasDate) in [
      (true, false, false), (false, true, true), (false, false, true), (false, true, false),
      (false, false, false),
    ] where !open.isEmpty && !free.isEmpty {
      var alike: [Trait: [Int]] = [:]
      for candidate in free.reversed() {
        let one = self.candidates[candidate]
        let trait = Trait(
          uid: hasUID ? one.message.uid : nil, flags: hasFlags ? compared(one.flags) : nil,
          date: hasDate ? one.date : nil)
        alike[trait, default: []].append(candidate)
      }
      var taken: Set<Int> = []
      open = open.filter { place in
        let message = self.messages[place]
        if hasUID, recorded[place] == nil { return true }
        let trait = Trait(
          uid: hasUID ? recorded[place] : nil, flags: hasFlags ? compared(message.flags) : nil,
          date: hasDate ? message.date : nil)
        guard let candidate = alike[trait]?.popLast() else { return true }
        pairs.append((place, candidate))
        taken.insert(candidate)
        return false
      }
      free.removeAll(where: taken.contains)
    }
    return pairs
  }

  // MARK: Verdicts

  private func judge(
    _ message: inout ReceiptMessage, _ candidate: ListCandidates.Candidate, _ evidence: Evidence,
    _ contents: [UID: ContentDigests]
  ) {
    message.uid = candidate.message.uid
    // What was altered when the receipt was written is what the receipt has of it.
    let wasAltered = message.kept != nil
    switch evidence {
    case .headerKey: message.presence = wasAltered ? .altered : .header
    case .content: message.presence = wasAltered ? .altered : .content
    case .tolerated:
      message.presence = .altered
      message.kept = contents[candidate.message.uid].map {
        ReceiptMessage.Kept(
          digest: $0.exact, headerKey: candidate.message.headerKey, size: candidate.message.size)
      }
    }
    if message.presence == .content { message.keyDecides = true }
    message.dateDiffers = message.date.map { $0 != candidate.date } ?? false
    message.flagsDiffer = compared(message.flags) != compared(candidate.flags)
  }

  private func compared(_ flags: Flags) -> Flags {
    var flags = flags
    if !withDeleted { flags.system.remove(.deleted) }
    return flags
  }
}

extension ReceiptMessage {
  /// What is looked for on the server.
  fileprivate var wanted: WantedMessage {
    if let kept {
      // It was downloaded when it was found to be altered: its key is that of this content.
      return WantedMessage(
        digest: kept.digest, headerKey: kept.headerKey, size: kept.size, isAsPulled: true)
    }
    return WantedMessage(digest: digest, headerKey: headerKey, size: size, isAsPulled: keyDecides)
  }
}
