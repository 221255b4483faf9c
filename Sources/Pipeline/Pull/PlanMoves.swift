import Journals
import Mail
import Stores

/// A message that was moved by hand, and its copy where the source moved it.
struct Adoption {
  let file: LocatedMessage
  /// The flags that the source had when they were merged last.
  let base: Flags?
  let arrival: Arrival
}

/// What is done for the messages gone from one mailbox.
struct MovePlan {
  var fates: [(uid: UID, fate: HeldMessage.Fate)] = []
  var removals: [LocatedMessage] = []
  /// New copies of messages that were deleted by hand.
  var discards: [Arrival] = []
  /// Messages that were moved by hand.
  var adoptions: [Adoption] = []
  var flags: [MailboxName: [FlagChange]] = [:]
  /// Whether something can't be decided in this run.
  var isPending = false
  /// Where the user has to decide it.
  var question: (text: String, options: [String])?

  var moved: Int { fates.count { $0.fate == .moved } }
}

/// Decides what becomes of the messages that are gone from a mailbox of the source.
struct PlanMoves {
  let context: PullContext
  let index: ArchiveIndex
  /// Whether all mailboxes were pulled: else a message may have gone to one that was not.
  let isComplete: Bool
  /// What the archive calls the mailbox if the source calls it otherwise by now.
  let handName: MailboxName?

  /// Plans.
  ///
  /// - Parameters:
  ///   - mailbox: the mailbox, with what is gone from it.
  ///   - arrivals: what came; what is taken for a message that is gone is taken out.
  /// - Returns: what is to be done.
  /// - Throws: what the archive throws.
  func run(_ mailbox: PulledMailbox, _ arrivals: inout Arrivals) throws -> MovePlan {
    var plan = MovePlan()
    var lost: [Lost] = []
    for message in mailbox.gone {
      if let arrival = arrivals.take(for: message) {
        if message.fate == .deleted {
          plan.discards.append(arrival)
          plan.fates.append((message.uid, .moved))
        } else if let fate = try add(message, of: mailbox, arrival, to: &plan) {
          plan.fates.append((message.uid, fate))
        } else {
          lost.append(Lost(message: message, arrival: arrival))
        }
      } else if !isComplete {
        plan.isPending = true
      } else if message.fate == .deleted {
        plan.fates.append((message.uid, .removed))
      } else if try isLost(message, of: mailbox) {
        lost.append(Lost(message: message, arrival: nil))
      } else {
        plan.fates.append((message.uid, .gone))
      }
    }
    for message in mailbox.kept where try isLost(message, of: mailbox) {
      lost.append(Lost(message: message, arrival: nil))
    }
    try judge(lost, of: mailbox, &plan)
    return plan
  }

  /// A message that is gone at the source and whose file is nowhere in the archive.
  private struct Lost {
    let message: HeldMessage
    /// What came elsewhere with its content.
    let arrival: Arrival?
  }

  /// Decides whether messages were deleted by hand: not where a run that was stopped may have taken them
  /// away, nor without a question where that is a question in any other mailbox.
  private func judge(
    _ lost: [Lost], of mailbox: PulledMailbox, _ plan: inout MovePlan
  ) throws {
    guard !lost.isEmpty else { return }
    let known = context.states[context.key(of: mailbox.name).hex]?.archive
    let inode = try context.archive.identity(of: context.home(of: mailbox.name))
    // Its directory goes only after what became of the messages was recorded.
    let mayBeOurs = known?.isEmpty != false || (context.run.wasStopped && !inode.isEmpty)
    let missing = lost.filter { $0.arrival == nil || !mayBeOurs }
    let refetch = context.options.refetchDeleted
    if !refetch, !context.options.acceptDeletions,
      let text = Disappearance(
        missing: missing.count, held: mailbox.gone.count { $0.fate == .held } + mailbox.kept.count,
        isSameDirectory: known == nil || known == inode
      ).question
    {
      let comeBack = missing.contains { $0.arrival != nil }
      plan.question =
        comeBack
        ? (text, Disappearance.answers)
        : (text + "; the source has them no longer", [Disappearance.answers[0]])
      plan.isPending = true
      return
    }
    for one in lost {
      guard let arrival = one.arrival else {
        plan.fates.append((one.message.uid, refetch ? .gone : .removed))
        continue
      }
      plan.fates.append((one.message.uid, .moved))
      if !mayBeOurs, !refetch { plan.discards.append(arrival) }
    }
  }

  /// Whether a message that came nowhere else has no file either.
  private func isLost(_ message: HeldMessage, of mailbox: PulledMailbox) throws -> Bool {
    guard !context.options.dryRun, !mailbox.isFormer, !mailbox.located.contains(message.uid),
      let validity = mailbox.uidValidity
    else { return false }
    return try file(message.uid, validity, of: mailbox.name) == nil
  }

  /// Plans to take the old file away, its content being in the new place already; flags that were
  /// changed by hand go along.
  ///
  /// A file that was moved by hand, or whose mailbox was renamed so, stays where it is, and the new copy
  /// goes.
  ///
  /// - Returns: what became of it; `gone` if the file is not what was fetched: then it is the user's, and
  ///   stays. Nil if it is nowhere.
  private func add(
    _ message: HeldMessage, of source: PulledMailbox, _ arrival: Arrival, to plan: inout MovePlan
  ) throws -> HeldMessage.Fate? {
    guard let validity = source.uidValidity else { return .gone }
    let old = try file(message.uid, validity, of: source.name)
    if context.options.dryRun { return .moved }
    guard let file = old else {
      let adopted = try index.file(
        of: arrival.origin(in: context), outside: context.home(of: arrival.mailbox))
      guard let adopted else { return nil }
      // A run that was stopped made it the file of the new message.
      if try isContent(of: message, adopted) {
        plan.adoptions.append(Adoption(file: adopted, base: message.flags, arrival: arrival))
      }
      return .moved
    }
    guard
      let new = try self.file(arrival.message.uid, arrival.uidValidity, of: arrival.mailbox),
      try isContent(of: message, file)
    else { return .gone }
    guard file.mailbox == context.home(of: source.name), file.mailbox != handName else {
      plan.adoptions.append(Adoption(file: file, base: message.flags, arrival: arrival))
      return .moved
    }
    plan.removals.append(file)
    let flags = Flags.merge(file.message.flags, new.message.flags, base: message.flags)
    if flags != new.message.flags {
      plan.flags[new.mailbox, default: []].append(FlagChange(new.message, flags))
    }
    return .moved
  }

  private func isContent(of message: HeldMessage, _ file: LocatedMessage) throws -> Bool {
    guard let mailbox = try context.archive.mailbox(file.mailbox) else { return false }
    return try DigestMessages().run(file.message, in: mailbox).digest == message.digest
  }

  private func file(
    _ uid: UID, _ validity: UIDValidity, of mailbox: MailboxName
  ) throws(StoreError) -> LocatedMessage? {
    try index.file(
      of: MessageOrigin(uidValidity: validity, uid: uid, mailboxKey: context.key(of: mailbox)),
      preferred: context.home(of: mailbox))
  }
}
