import Journals
import Mail
import Platform
import Stores

/// What somebody did to a message in the archive stays, also where the source moves the message later:
/// the copy that came with the move is not a second one to keep.
struct YieldToHandEdits {
  let context: PullContext
  let index: ArchiveIndex

  /// The message was deleted by hand: what came in its new mailbox is deleted as well.
  ///
  /// - Throws: what the archive and the journals throw.
  func discard(_ arrival: FollowMoves.Arrival) throws {
    try takeAway(arrival)
    let journal = try journal(of: arrival.mailbox)
    journal.append(.fate(arrival.message.uid, .deleted))
    try journal.flush()
  }

  /// The message was moved by hand: it stays where it was moved to, and stands for the one that came,
  /// so that flags go on following.
  ///
  /// - Parameters:
  ///   - file: where it was moved to.
  ///   - base: the flags that the source had when they were merged last.
  ///   - arrival: what came in the message's new mailbox.
  /// - Throws: what the archive throws.
  func adopt(_ file: LocatedMessage, base: Flags?, for arrival: FollowMoves.Arrival) throws {
    guard let mailbox = try context.archive.mailbox(file.mailbox) else { return }
    try takeAway(arrival)
    let flags = Flags.merge(file.message.flags, arrival.message.flags ?? Flags(), base: base)
    let moved = try mailbox.move(file.message, to: mailbox, origin: origin(of: arrival))
    _ = try mailbox.setFlags(flags, of: moved)
    try mailbox.flush()
  }

  private func takeAway(_ arrival: FollowMoves.Arrival) throws {
    let home = context.archive.table[arrival.mailbox]?.archiveName ?? arrival.mailbox
    guard let new = try index.file(of: origin(of: arrival), preferred: home),
      let mailbox = try context.archive.mailbox(new.mailbox)
    else { return }
    Checkpoint.pass("hand edit kept: before the new copy is removed")
    try mailbox.remove([new.message])
    try mailbox.flush()
    Checkpoint.pass("hand edit kept: the new copy is removed")
  }

  private func origin(of arrival: FollowMoves.Arrival) -> MessageOrigin {
    MessageOrigin(
      uidValidity: arrival.uidValidity, uid: arrival.message.uid,
      mailboxKey: context.key(of: arrival.mailbox))
  }

  private func journal(of mailbox: MailboxName) throws -> PullJournal {
    try PullJournal(
      in: context.directory, key: context.key(of: mailbox).hex, mailbox: mailbox, readOnly: false)
  }
}
