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
    for message in mailbox.gone {
      if let arrival = arrivals.take(for: message) {
        if message.fate == .deleted {
          plan.discards.append(arrival)
          plan.fates.append((message.uid, .moved))
        } else {
          let isMoved = try add(message, of: mailbox, arrival, to: &plan)
          plan.fates.append((message.uid, isMoved ? .moved : .gone))
        }
      } else if isComplete {
        plan.fates.append((message.uid, .gone))
      } else {
        plan.isPending = true
      }
    }
    return plan
  }

  /// Plans to take the old file away, its content being in the new place already; flags that were
  /// changed by hand go along.
  ///
  /// A file that was moved by hand, or whose mailbox was renamed so, stays where it is, and the new copy
  /// goes.
  ///
  /// - Returns: false if the file is not what was fetched: then it is the user's, and stays. True also
  ///   if it is nowhere: a run that was killed took it away, or made it the file of the new message.
  private func add(
    _ message: HeldMessage, of source: PulledMailbox, _ arrival: Arrival, to plan: inout MovePlan
  ) throws -> Bool {
    guard let validity = source.uidValidity else { return false }
    let old = try file(message.uid, validity, of: source.name)
    if context.options.dryRun { return true }
    guard let file = old else {
      let adopted = try index.file(
        of: arrival.origin(in: context), outside: context.home(of: arrival.mailbox))
      if let adopted, try isContent(of: message, adopted) {
        plan.adoptions.append(Adoption(file: adopted, base: message.flags, arrival: arrival))
      } else if adopted == nil, try isDeletedByHand(in: source.name, others: plan.discards.count) {
        plan.discards.append(arrival)
      }
      return true
    }
    guard
      let new = try self.file(arrival.message.uid, arrival.uidValidity, of: arrival.mailbox),
      try isContent(of: message, file)
    else { return false }
    guard file.mailbox == context.home(of: source.name), file.mailbox != handName else {
      plan.adoptions.append(Adoption(file: file, base: message.flags, arrival: arrival))
      return true
    }
    plan.removals.append(file)
    let flags = Flags.merge(file.message.flags, new.message.flags, base: message.flags)
    if flags != new.message.flags {
      plan.flags[new.mailbox, default: []].append(FlagChange(new.message, flags))
    }
    return true
  }

  /// Whether a file that is nowhere was deleted by hand in a mailbox that no run looked at since: not if a
  /// run that was killed may have taken it away, nor where so much is missing that it is a question.
  private func isDeletedByHand(in name: MailboxName, others: Int) throws -> Bool {
    guard !context.run.resumes, others < Disappearance.largestQuiet,
      let known = context.states[context.key(of: name).hex]?.archive, !known.isEmpty
    else { return false }
    return try context.archive.identity(of: context.home(of: name)) == known
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
