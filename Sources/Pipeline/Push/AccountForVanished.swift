import Journals

/// Records what is gone on the target, unless that is so much that the user has to say what it means.
struct AccountForVanished {
  /// Of fewer messages any number may go.
  static let smallest = 20

  let journal: PushJournal
  let observation: ObserveTarget.Observation
  let isAnswered: Bool

  /// - Returns: the question, if one has to be asked; then nothing is recorded.
  func run() -> String? {
    let record = journal.record
    var vanished = observation.vanished
    if observation.isAnew {
      // What could not be matched anew is not there any more.
      vanished += record.entries.values.filter(\.isUnbound).map(\.number).sorted()
    }
    let ours = vanished.filter { record.entries[$0]?.origin != .other }
    let live = record.entries.values.count { !$0.isGone && $0.origin != .other }
    if live >= Self.smallest, ours.count * 2 > live, !isAnswered {
      return "\(ours.count) of \(live) messages are gone from the target at once"
    }
    for number in vanished {
      // Somebody's own mail that is gone concerns nobody here any more.
      let isOurs = record.entries[number]?.origin != .other
      journal.append(isOurs ? .gone(entry: number) : .dropped(entry: number))
    }
    return nil
  }
}

extension IndexEntry {
  /// Whether it is believed to be there, though not under which UID.
  var isUnbound: Bool { uid == nil && !isGone && origin != .collapsed }
}
