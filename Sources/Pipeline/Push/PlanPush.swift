package import Journals
package import Mail

/// Compares the archive with the index of a target mailbox, by count.
package struct PlanPush {
  /// What the plan needs to know of a message of the archive.
  package struct Message: Sendable {
    /// Of its wire form.
    package let digest: ContentDigest
    /// Its flags in the archive.
    package let flags: Flags
    /// The base name of its file, as in an entry's `source`.
    package let source: String

    package init(digest: ContentDigest, flags: Flags, source: String) {
      self.digest = digest
      self.flags = flags
      self.source = source
    }
  }

  /// What is to be done, and what is as it should be.
  package struct Plan: Sendable, Equatable {
    /// Places of the messages that the target lacks, in order.
    package var toSend: [Int] = []
    /// Messages with the entries that stand for them.
    package var pairs: [Int: Int] = [:]
    /// Messages that the server refused earlier, by place.
    package var refused: [Int] = []
    /// Gone entries that are replaced by what is sent again.
    package var replaced: [Int] = []
    /// Pushed messages that are no longer in the archive, by entry.
    package var surplus: [Int] = []
    /// Messages that were deleted on the target, and are not sent again.
    package var goneOnTarget = 0
    /// Messages that the target holds.
    package var alreadyPresent = 0

    package init() {}
  }

  /// The index, all that is new on the target bound.
  package let record: PushRecord
  /// Whether what was pushed and then deleted on the target is sent again.
  package let resendDeleted: Bool
  /// Whether messages that the server refused are sent again.
  package let retryRefused: Bool

  package init(record: PushRecord, resendDeleted: Bool, retryRefused: Bool) {
    self.record = record
    self.resendDeleted = resendDeleted
    self.retryRefused = retryRefused
  }

  /// The plan for all messages that belong into the target mailbox, in their order.
  package func run(_ messages: [Message]) -> Plan {
    var plan = Plan()
    var entries: [ContentDigest: [IndexEntry]] = [:]
    // Of two copies of one message the newer one stands for it.
    let outdated = record.outdated
    for entry in record.entries.values {
      guard let digest = entry.digest, !outdated.contains(entry.number) else { continue }
      entries[digest, default: []].append(entry)
    }
    var places: [ContentDigest: [Int]] = [:]
    for (place, message) in messages.enumerated() {
      places[message.digest, default: []].append(place)
    }
    for (digest, places) in places {
      let open = pair(places, messages, entries.removeValue(forKey: digest) ?? [], &plan)
      guard !open.isEmpty else { continue }
      if record.refused[digest] != nil, !retryRefused {
        plan.refused += open
      } else {
        plan.toSend += open
      }
    }
    plan.toSend.sort()
    plan.refused.sort()
    plan.surplus += entries.values.joined().filter(\.isOurs).map(\.number)
    plan.surplus.sort()
    plan.replaced.sort()
    return plan
  }

  /// Pairs equal messages with entries: by file first, then by flags, then in order.
  ///
  /// Returns the places for which there is no entry.
  private func pair(
    _ places: [Int], _ messages: [Message], _ entries: [IndexEntry], _ plan: inout Plan
  ) -> [Int] {
    // Live entries first: a gone one stands for a message only if no live one does.
    var free = entries.sorted { ($0.isGone ? 1 : 0, $0.number) < ($1.isGone ? 1 : 0, $1.number) }
    var open = places
    let rules: [(Message, IndexEntry) -> Bool] = [
      { $0.source == $1.source && !$1.source.isEmpty && !$1.isGone },
      { $0.flags == $1.flags && !$1.isGone }, { !$1.isGone }, { _, _ in true },
    ]
    for rule in rules {
      open = open.filter { place in
        guard let index = free.firstIndex(where: { rule(messages[place], $0) }) else { return true }
        let entry = free.remove(at: index)
        guard entry.isGone else {
          plan.pairs[place] = entry.number
          plan.alreadyPresent += 1
          return false
        }
        if resendDeleted {
          plan.replaced.append(entry.number)
          return true
        }
        plan.goneOnTarget += 1
        return false
      }
    }
    // What the server keeps as one is needed as long as one is.
    let isMerged = entries.contains { $0.origin == .collapsed && !$0.isGone }
    if !isMerged { plan.surplus += free.filter(\.isOurs).map(\.number) }
    return open
  }
}

extension IndexEntry {
  /// Whether mailarc put it there, and it is there.
  fileprivate var isOurs: Bool { origin == .pushed && !isGone }
}
