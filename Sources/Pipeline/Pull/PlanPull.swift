package import Journals
package import Mail

/// What a source mailbox holds now.
package struct SourceListing: Sendable {
  /// All messages.
  package var present: UIDSet
  /// The flags that were told; of all messages, or of those that changed.
  package var flags: [UID: Flags]

  package init(present: UIDSet, flags: [UID: Flags]) {
    self.present = present
    self.flags = flags
  }
}

/// What is to be done for one source mailbox.
package struct PullPlan: Sendable, Equatable {
  /// Messages that were never fetched, or are to be fetched again.
  package var toFetch = UIDSet()
  /// Messages whose flags are to be merged with those the source has now.
  package var flagChanges: [UID: Flags] = [:]
  /// Messages that are no longer at the source.
  package var gone: [UID] = []
  /// Messages that were taken for gone and are there.
  package var returned: [UID] = []
  /// Messages that somebody deleted in the archive.
  package var deletedByHand: [UID] = []
  /// Messages that were gone at the source before, and that somebody deleted in the archive since.
  package var removedByHand: [UID] = []
  /// Messages that were put into the trash, and that somebody took back into the archive.
  package var takenBack: [UID] = []
  /// Failed messages that are no longer at the source.
  package var forgotten: [UID] = []
  /// How many messages are in the archive as they should be.
  package var alreadyPresent = 0
  /// Why nothing may be done before the user decides.
  package var question: String?
}

/// Compares what the source has with what was fetched and with what the archive still holds.
package struct PlanPull {
  /// What was fetched, and what became of it.
  package let record: PullRecord
  /// What the source has.
  package let listing: SourceListing
  /// The held messages that the archive still has, wherever they are.
  package let inArchive: Set<UID>
  /// Whether the directory is the one that the record speaks of.
  package let isSameDirectory: Bool
  /// Whether a large or unexplained disappearance in the archive was meant.
  package let acceptDeletions: Bool
  /// Whether what was deleted by hand is fetched again; then nothing is a question.
  package let refetchDeleted: Bool

  package init(
    record: PullRecord, listing: SourceListing, inArchive: Set<UID>, isSameDirectory: Bool,
    acceptDeletions: Bool, refetchDeleted: Bool
  ) {
    self.record = record
    self.listing = listing
    self.inArchive = inArchive
    self.isSameDirectory = isSameDirectory
    self.acceptDeletions = acceptDeletions
    self.refetchDeleted = refetchDeleted
  }

  /// The plan; with a question in it nothing else of it may be carried out.
  package func run() -> PullPlan {
    var plan = PullPlan()
    var known = UIDSet()
    var missing: [UID] = []
    var held = 0
    for uid in record.messages.keys.sorted() {
      guard let message = record.messages[uid] else { continue }
      known.insert(uid)
      guard listing.present.contains(uid) else {
        switch message.fate {
        case .held, .deleted: plan.gone.append(uid)
        case .gone, .restored:
          held += 1
          if !inArchive.contains(uid) { plan.removedByHand.append(uid) }
        case .trashed:
          if inArchive.contains(uid) { plan.takenBack.append(uid) }
        case .moved, .removed: break
        }
        continue
      }
      if message.fate == .trashed || message.fate == .moved, !inArchive.contains(uid) {
        // It came back, as when a mailbox gets its old name again: as if it had never been here. Where
        // it went meanwhile it is gone, and is followed.
        plan.toFetch.insert(uid)
        continue
      }
      if message.fate == .deleted || message.fate == .removed, !inArchive.contains(uid) {
        if refetchDeleted { plan.toFetch.insert(uid) }
        continue
      }
      held += 1
      guard inArchive.contains(uid) else {
        missing.append(uid)
        continue
      }
      plan.alreadyPresent += 1
      if message.fate != .held { plan.returned.append(uid) }
      if let flags = listing.flags[uid], flags != message.flags { plan.flagChanges[uid] = flags }
    }
    plan.toFetch = plan.toFetch.union(listing.present.subtracting(known))
    plan.forgotten = record.failed.keys.filter { !listing.present.contains($0) }.sorted()
    if refetchDeleted {
      plan.toFetch = plan.toFetch.union(UIDSet(missing))
      // Nobody has them to be fetched from, so that they are missing still.
      plan.removedByHand = []
    } else if !acceptDeletions,
      let question = Disappearance(
        missing: missing.count + plan.removedByHand.count, held: held,
        isSameDirectory: isSameDirectory
      ).question
    {
      plan.question = question
    } else {
      plan.deletedByHand = missing
    }
    return plan
  }
}
