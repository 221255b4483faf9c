import Journals
import Mail

/// Records what is gone on the target, unless that is so much that the user has to say what it means.
struct AccountForVanished {
  /// Of fewer messages any number may go, unless the mailbox is another one.
  static let smallest = 20

  let journal: PushJournal
  let observation: ObserveTarget.Observation
  /// What the archive mailbox holds.
  let wanted: Set<ContentDigest>
  let isAnswered: Bool

  /// - Returns: the question, if one has to be asked; then nothing is recorded.
  func run() -> String? {
    let record = journal.record
    // One that was bound since is there, under another UID.
    var vanished = observation.vanished.filter { number in
      record.entries[number]?.uid.map { !observation.present.contains($0) } ?? true
    }
    if observation.isAnew {
      // What could not be matched anew is not there any more.
      vanished += record.entries.values.filter(\.isUnbound).map(\.number).sorted()
    }
    let unmissed = unmissed(vanished)
    let ours = vanished.filter {
      !unmissed.contains($0) && record.entries[$0].map(counts) ?? false
    }
    let live = record.entries.values.count { !$0.isGone && counts($0) }
    if live >= Self.smallest || observation.isAnew, ours.count * 2 > live, !isAnswered {
      return observation.isAnew
        ? "the target's mailbox is another one than before, and lacks \(ours.count) of "
          + Counted.messages(live)
        : "\(ours.count) of \(live) messages are gone from the target at once"
    }
    for number in vanished {
      // Somebody's own mail that is gone concerns nobody here any more.
      let isOurs = record.entries[number]?.origin != .other && !unmissed.contains(number)
      journal.append(isOurs ? .gone(entry: number) : .dropped(entry: number))
    }
    return nil
  }

  /// What mailarc itself was removing when a run ended, and one of two copies of which one was to take
  /// the other's place: nobody deleted that message.
  private func unmissed(_ vanished: [Int]) -> Set<Int> {
    let record = journal.record
    let outdated = record.outdated
    let removed = Set(
      vanished.filter(record.removing.contains).compactMap { record.entries[$0]?.uid })
    let all = Set(vanished)
    return all.filter { number in
      if record.removing.contains(number) || outdated.contains(number) { return true }
      if let copy = record.replacements[number], !all.contains(copy.entry) { return true }
      return record.entries[number]?.uid.map(removed.contains) == true
    }
  }

  /// In a mailbox that is another one, what the archive has no longer is missed by nobody.
  private func counts(_ entry: IndexEntry) -> Bool {
    guard entry.origin != .other else { return false }
    return !observation.isAnew || entry.digest.map(wanted.contains) == true
  }
}

extension IndexEntry {
  /// Whether it is believed to be there, though not under which UID.
  var isUnbound: Bool { uid == nil && !isGone && origin != .collapsed }
}
