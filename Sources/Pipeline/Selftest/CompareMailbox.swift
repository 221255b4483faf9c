package import Mail

/// Something that a selftest found not to be as it has to be.
package struct SelftestFinding: Sendable, Equatable {
  /// What is wrong.
  package enum Kind: String, Sendable, CaseIterable {
    /// A message of the archive is not in the mailbox.
    case lost
    /// A message is there more often than in the archive.
    case doubled
    /// A message is there with other content, flags or date.
    case different
    /// A message is there that nobody sent.
    case unknown
  }

  /// What is wrong.
  package let kind: Kind
  /// Which message, by its number in the selftest; nil for one that was never sent.
  package let message: Int?
  /// Which message on the server; nil for one that is not there.
  package let uid: UID?
  /// What is wrong in words: one line, lower case, no full stop.
  package let text: String

  package init(kind: Kind, message: Int?, uid: UID?, text: String) {
    self.kind = kind
    self.message = message
    self.uid = uid
    self.text = text
  }
}

/// Compares what was to be pushed with what is in the mailbox, as multisets.
struct CompareMailbox {
  /// A message as it has to be on the server.
  struct Wanted {
    let number: Int
    let digests: ContentDigests
    let flags: Flags
    let date: InternalDate
    /// What it is called in a finding.
    let label: String
  }

  /// A message as it is on the server.
  struct Found {
    let uid: UID
    let digests: ContentDigests
    let flags: Flags
    let date: InternalDate?
  }

  /// What differs; empty if nothing does.
  func run(_ wanted: [Wanted], _ found: [Found]) -> [SelftestFinding] {
    var pairs: [(Wanted, Found)] = []
    var wanted = wanted
    var found = found
    // Twins may have different flags and dates: those that are wholly equal are paired first.
    let rules: [(Wanted, Found) -> Bool] = [
      { $0.digests.exact == $1.digests.exact && $0.flags == $1.flags && $0.date == $1.date },
      { $0.digests.exact == $1.digests.exact && $0.date == $1.date },
      { $0.digests.exact == $1.digests.exact },
      { $0.digests.tolerated == $1.digests.tolerated },
    ]
    let sent = wanted
    for rule in rules {
      wanted.removeAll { message in
        guard let place = found.firstIndex(where: { rule(message, $0) }) else { return false }
        pairs.append((message, found.remove(at: place)))
        return true
      }
    }
    return wanted.map(lost) + found.map { superfluous($0, sent) }
      + pairs.compactMap { different($0.0, $0.1) }
  }

  private func lost(_ message: Wanted) -> SelftestFinding {
    SelftestFinding(
      kind: .lost, message: message.number, uid: nil, text: "\(message.label) is not there")
  }

  private func superfluous(_ message: Found, _ sent: [Wanted]) -> SelftestFinding {
    let twin = sent.first {
      $0.digests.exact == message.digests.exact
        || $0.digests.tolerated == message.digests.tolerated
    }
    guard let twin else {
      return SelftestFinding(
        kind: .unknown, message: nil, uid: message.uid,
        text: "UID \(message.uid) has content that was never sent")
    }
    return SelftestFinding(
      kind: .doubled, message: twin.number, uid: message.uid,
      text: "\(twin.label) is there once more, as UID \(message.uid)")
  }

  private func different(_ wanted: Wanted, _ found: Found) -> SelftestFinding? {
    var what: [String] = []
    if wanted.digests.exact != found.digests.exact { what.append("its content was altered") }
    if wanted.flags != found.flags {
      what.append("its flags are (\(found.flags)), not (\(wanted.flags))")
    }
    if wanted.date != found.date {
      let date = found.date.map { "\($0)" } ?? "none"
      what.append("its internal date is \(date), not \(wanted.date)")
    }
    guard !what.isEmpty else { return nil }
    return SelftestFinding(
      kind: .different, message: wanted.number, uid: found.uid,
      text: "\(wanted.label), UID \(found.uid): " + what.joined(separator: ", "))
  }
}
