import Clients
import Journals
import Mail
import Stores

/// Notices a mailbox of the source whose UIDs began anew under the UIDVALIDITY that it had, as no server
/// should let them, and gives what was held an UIDVALIDITY of its own.
///
/// Then it is matched as if the server had told it. Otherwise other messages would count as fetched.
struct AcceptRestart {
  let context: PullContext
  let key: MailboxKey
  let journal: PullJournal
  /// How the mailbox was left.
  let known: RecordedState?

  /// Looks, renames the files and then records.
  ///
  /// - Returns: whether the UIDs began anew.
  /// - Throws: what the archive and the journal throw.
  func run(_ observation: ObserveSource.Observation, _ index: ArchiveIndex) throws -> Bool {
    let record = journal.record
    let validity = observation.state.uidValidity
    let former = Self.former(than: validity)
    guard let told = observation.toldUIDNext, record.uidValidity == validity,
      record.formerValidity != former, told < least(validity)
    else { return false }
    if !context.options.dryRun { try rename(try index.messages(from: key), validity, former) }
    journal.append(.validity(former))
    for message in record.messages.values.sorted(by: { $0.uid < $1.uid }) {
      journal.append(.held(message))
    }
    journal.append(.validity(validity))
    try journal.flush()
    return true
  }

  /// What UIDNEXT can't be below while the UIDs mean the same.
  private func least(_ validity: UIDValidity) -> UInt32 {
    let state = known?.state.uidValidity == validity ? known?.state.uidNext : nil
    let highest = journal.record.messages.keys.max()?.value
    return max(state ?? 0, (highest ?? 0) &+ 1)
  }

  /// One that the server does not use, nor mailarc for the messages of a POP3 server.
  private static func former(than validity: UIDValidity) -> UIDValidity {
    UIDValidity(validity.value == .max ? .max - 1 : .max)
  }

  private func rename(
    _ files: [LocatedMessage], _ validity: UIDValidity, _ former: UIDValidity
  ) throws {
    for (name, files) in Dictionary(grouping: files, by: \.mailbox).sorted(by: { $0.key < $1.key })
    {
      guard let mailbox = try context.archive.mailbox(name) else { continue }
      let orders = files.compactMap { file -> MoveOrder? in
        guard let origin = file.message.origin, origin.uidValidity == validity else { return nil }
        return MoveOrder(
          file.message,
          origin: MessageOrigin(uidValidity: former, uid: origin.uid, mailboxKey: key))
      }
      guard !orders.isEmpty else { continue }
      _ = try mailbox.move(orders, to: mailbox)
    }
  }
}
