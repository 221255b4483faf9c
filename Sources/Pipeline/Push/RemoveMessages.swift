import Clients
import Journals
import Mail
import Platform
import Protocols

/// Removes messages from a mailbox of the target: those that are asked for and no other, by UID, and only
/// while they are what the index says.
///
/// EXPUNGE and CLOSE would remove what others marked as deleted. Where the server has no UID EXPUNGE
/// (UIDPLUS, RFC 4315) the messages are marked and stay.
struct RemoveMessages {
  struct Outcome {
    /// How many messages the mailbox holds afterwards.
    var left = 0
    /// The server's words, where it refused to mark or to remove.
    var refusal: String?
  }

  /// UIDs in one command.
  private static let mostAtOnce = 500

  let connection: IMAPConnection
  let raw: RawMailboxName
  let journal: PushJournal
  /// Looks whether they still are what they were.
  let look: StillThere

  private var canExpunge: Bool { connection.capabilities.contains(.uidPlus) }

  /// Removes; the mailbox is open afterwards.
  ///
  /// What was removed has no entry any more, what could only be marked counts as marked, and what is
  /// another message by now is as it was.
  /// - Parameter numbers: of entries.
  /// - Returns: what is left, and what the server has to say.
  /// - Throws: `ClientError` where the connection is gone, `JournalError`; whoever does it again goes on
  ///   where it ended.
  func run(_ numbers: [Int]) throws -> Outcome {
    let (selected, present) = try ListMessages(
      connection: connection, raw: raw, readOnly: false
    ).run()
    var outcome = Outcome(left: present.count)
    guard let validity = selected.uidValidity, validity == journal.record.uidValidity else {
      return outcome
    }
    var recorded: [UID: IndexEntry] = [:]
    for number in numbers {
      guard let entry = journal.record.entries[number], !entry.isGone, let uid = entry.uid else {
        continue
      }
      if present.contains(uid) {
        if canExpunge || !journal.record.marked.contains(number) { recorded[uid] = entry }
      } else if journal.record.removing.contains(number) {
        drop(entry)
      }
    }
    let same = try look.run(recorded)
    for uids in UIDSet(same.keys).chunks(ofAtMost: Self.mostAtOnce, ranges: 100) {
      let entries = uids.uids.compactMap { same[$0]?.entry }
      outcome.left -= try remove(uids, entries, &outcome.refusal)
      if outcome.refusal != nil { break }
    }
    try journal.flush()
    return outcome
  }

  /// - Returns: how many are gone.
  private func remove(
    _ uids: UIDSet, _ entries: [IndexEntry], _ refusal: inout String?
  ) throws -> Int {
    journal.append(.removing(entries.map(\.number)))
    try journal.flush()
    Checkpoint.pass("push: before messages are marked as deleted")
    let mark = IMAPCommand.uidStore(
      .set(uids), .add, Flags(.deleted), unchangedSince: nil, silent: true)
    refusal = try runUnlessRefused(mark, "STORE")
    guard refusal == nil else { return 0 }
    Checkpoint.pass("push: marked as deleted")
    var left = uids
    if canExpunge {
      refusal = try runUnlessRefused(.uidExpunge(.set(uids)), "UID EXPUNGE")
      Checkpoint.pass("push: removed on the target, not recorded yet")
      if refusal == nil { left = try stillListed(uids) }
    }
    for entry in entries {
      if entry.uid.map(left.contains) == true {
        journal.append(.marked(entry: entry.number))
      } else {
        drop(entry)
      }
    }
    try journal.flush()
    return uids.count - left.count
  }

  /// - Returns: the server's words if it refuses.
  private func runUnlessRefused(
    _ command: IMAPCommand, _ name: String
  ) throws(ClientError) -> String? {
    do throws(ClientError) {
      try connection.run(command, name)
      return nil
    } catch {
      guard case .refused(_, _, let text) = error else { throw error }
      return text.text
    }
  }

  private func stillListed(_ uids: UIDSet) throws(ClientError) -> UIDSet {
    var found: [UID] = []
    try connection.fetch(.set(uids), [.uid]) { event in
      // Some servers answer with their last message where there is none.
      if case .fetch(let response) = event, let uid = response.uid, uids.contains(uid) {
        found.append(uid)
      }
    }
    return UIDSet(found)
  }

  /// What the server kept as one with the message went with it.
  private func drop(_ entry: IndexEntry) {
    journal.append(.dropped(entry: entry.number))
    let twins = journal.record.entries.values.filter {
      $0.digest == entry.digest && !$0.isGone && $0.uid != entry.uid
    }
    let hasOther = twins.contains { $0.uid != nil }
    for twin in journal.record.entries.values.sorted(by: { $0.number < $1.number })
    where twin.origin == .collapsed && twin.digest == entry.digest {
      if twin.uid == entry.uid || (twin.uid == nil && !hasOther) {
        journal.append(.dropped(entry: twin.number))
      }
    }
  }
}
