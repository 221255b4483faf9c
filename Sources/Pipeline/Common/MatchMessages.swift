package import Journals
package import Mail

/// A message of the archive for which a counterpart on the target is looked for.
package struct WantedMessage: Sendable {
  /// Of its wire form.
  package let digest: ContentDigest
  /// Of its header.
  package let headerKey: HeaderKey
  /// Octets of the wire form.
  package let size: Int64
  /// Whether it is known to be as it was pulled, so that its header key may decide.
  package let isAsPulled: Bool
  /// What was sent of it where the target refused it as it is; only their content decides.
  package var copies: [MendedCopy]

  package init(
    digest: ContentDigest, headerKey: HeaderKey, size: Int64, isAsPulled: Bool,
    copies: [MendedCopy] = []
  ) {
    self.digest = digest
    self.headerKey = headerKey
    self.size = size
    self.isAsPulled = isAsPulled
    self.copies = copies
  }
}

/// A message on the target that may be one of those wanted.
package struct CandidateMessage: Sendable {
  /// Its UID in the selected mailbox.
  package let uid: UID
  /// Of the header as the server keeps it.
  package let headerKey: HeaderKey
  /// Octets as the server tells them.
  package let size: Int64

  package init(uid: UID, headerKey: HeaderKey, size: Int64) {
    self.uid = uid
    self.headerKey = headerKey
    self.size = size
  }
}

/// The digests of a message whose content was read.
package struct ContentDigests: Sendable {
  /// Of the wire form, a bare LF taken for CRLF.
  package let exact: ContentDigest
  /// Of its `ToleratedForm`.
  package let tolerated: ContentDigest

  package init(exact: ContentDigest, tolerated: ContentDigest) {
    self.exact = exact
    self.tolerated = tolerated
  }
}

/// Finds which messages of a target mailbox are which of the archive, by count: a message on either
/// side has at most one counterpart (section "Identity" of `formats/archive.md`).
package struct MatchMessages {
  /// On what evidence two messages were taken for one.
  package enum Evidence: Sendable { case headerKey, content, tolerated }

  /// A message of the archive and one of the target that are the same.
  package struct Match: Sendable {
    /// The place in the array of wanted messages.
    package let wanted: Int
    /// The place in the array of candidates.
    package let candidate: Int
    /// What speaks for it.
    package let evidence: Evidence
  }

  /// A header key with a size, which recognises a message if nothing else on either side has it.
  package struct KeyAndSize: Hashable, Sendable {
    /// The key.
    package let headerKey: HeaderKey
    /// Octets of the wire form.
    package let size: Int64

    /// Both together.
    package init(_ headerKey: HeaderKey, _ size: Int64) {
      self.headerKey = headerKey
      self.size = size
    }
  }

  /// How many messages of the whole archive mailbox have a key.
  package var archiveCounts: [KeyAndSize: Int]
  /// How many messages of the whole target mailbox have a key.
  package var targetCounts: [KeyAndSize: Int]
  /// How far a server's own alterations are looked through.
  package enum Tolerance: Sendable {
    /// Not at all.
    case none
    /// For messages that have the size or the header key of one that is wanted, which are read anyway.
    case alike
    /// For all candidates, each of which is read.
    case all
  }

  /// How far a server's own alterations are looked through.
  package var tolerance: Tolerance

  package init(
    archiveCounts: [KeyAndSize: Int], targetCounts: [KeyAndSize: Int], tolerance: Tolerance
  ) {
    self.archiveCounts = archiveCounts
    self.targetCounts = targetCounts
    self.tolerance = tolerance
  }

  /// Matches, reading as few contents as the rules allow.
  ///
  /// - Parameters:
  ///   - wanted: the archive's messages, in their order.
  ///   - candidates: the target's messages, ascending by UID, those that are marked as deleted last.
  ///   - read: the digests of candidates' contents; one that is no longer there is left out.
  ///   - tolerated: the tolerated digests of a wanted message, most likely first.
  /// - Returns: the pairs, those by header key first.
  /// - Throws: what `read` and `tolerated` throw.
  package func run(
    wanted: [WantedMessage], candidates: [CandidateMessage],
    read: ([UID]) throws -> [UID: ContentDigests],
    tolerated: (Int) throws -> [ContentDigest]
  ) throws -> [Match] {
    var matches: [Match] = []
    var openWanted = Set(wanted.indices)
    var openCandidates = Set(candidates.indices)
    func bind(_ wanted: Int, _ candidate: Int, _ evidence: Evidence) {
      matches.append(Match(wanted: wanted, candidate: candidate, evidence: evidence))
      openWanted.remove(wanted)
      openCandidates.remove(candidate)
    }

    var byKey: [KeyAndSize: Int] = [:]
    for index in candidates.indices {
      byKey[KeyAndSize(candidates[index].headerKey, candidates[index].size)] = index
    }
    for index in wanted.indices where wanted[index].isAsPulled {
      let key = KeyAndSize(wanted[index].headerKey, wanted[index].size)
      guard key.headerKey.hasMessageID, archiveCounts[key] == 1, targetCounts[key] == 1,
        let candidate = byKey[key]
      else { continue }
      bind(index, candidate, .headerKey)
    }
    guard !openWanted.isEmpty, !openCandidates.isEmpty else { return matches }

    let copies = openWanted.flatMap { wanted[$0].copies }
    let sizes = Set(openWanted.map { wanted[$0].size } + copies.map(\.size))
    let keys = Set(openWanted.map { wanted[$0].headerKey } + copies.map(\.headerKey))
    let doubtful = openCandidates.sorted().filter {
      tolerance == .all || sizes.contains(candidates[$0].size)
        || keys.contains(candidates[$0].headerKey)
    }
    let contents = doubtful.isEmpty ? [:] : try read(doubtful.map { candidates[$0].uid })
    var byDigest: [ContentDigest: [Int]] = [:]
    for index in openWanted.sorted().reversed() {
      byDigest[wanted[index].digest, default: []].append(index)
    }
    for index in doubtful {
      guard let digest = contents[candidates[index].uid]?.exact,
        let counterpart = byDigest[digest]?.popLast()
      else { continue }
      bind(counterpart, index, .content)
    }
    for index in doubtful where !copies.isEmpty && openCandidates.contains(index) {
      guard let digest = contents[candidates[index].uid]?.exact,
        let counterpart = openWanted.sorted().first(where: { place in
          wanted[place].copies.contains { $0.sent == digest }
        })
      else { continue }
      bind(counterpart, index, .content)
    }
    guard tolerance != .none, !openWanted.isEmpty, !openCandidates.isEmpty else { return matches }

    var candidatesByForm: [ContentDigest: [Int]] = [:]
    for index in openCandidates {
      guard let form = contents[candidates[index].uid]?.tolerated else { continue }
      candidatesByForm[form, default: []].append(index)
    }
    var wantedByForm: [ContentDigest: [Int]] = [:]
    for index in openWanted.sorted() {
      for form in Set(try tolerated(index)) { wantedByForm[form, default: []].append(index) }
    }
    for (form, indices) in wantedByForm.sorted(by: { $0.value[0] < $1.value[0] }) {
      guard let found = candidatesByForm[form] else { continue }
      // Equal copies are one another's counterparts in any order; different messages that only look
      // alike in this form are not.
      let isUnique = indices.count == 1 && found.count == 1
      let areTwins = Set(indices.map { wanted[$0].digest }).count == 1
      guard isUnique || areTwins else { continue }
      for (index, candidate) in zip(indices, found.sorted())
      where openWanted.contains(index) && openCandidates.contains(candidate) {
        bind(index, candidate, .tolerated)
      }
    }
    return matches
  }
}
