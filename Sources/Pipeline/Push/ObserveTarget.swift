import Clients
import Journals
import Mail
import Protocols

/// Opens a mailbox of the target and compares it with the index: is it still the one it was, what is
/// new in it, what is gone.
struct ObserveTarget {
  struct Observation {
    let selected: SelectedMailbox
    let uidValidity: UIDValidity
    let uidNext: UInt32
    /// All messages that are there.
    let present: UIDSet
    /// Messages that the index does not know, ascending.
    var newcomers: [ListCandidates.Candidate] = []
    /// Entries whose messages are no longer there.
    var vanished: [Int] = []
    /// Whether the entries have to be matched anew.
    var isAnew = false
  }

  let connection: IMAPConnection
  let raw: RawMailboxName
  let journal: PushJournal
  /// Whether nothing at all may change on the target, not even what SELECT changes.
  let readOnly: Bool

  func run() throws(ClientError) -> Observation {
    let (selected, present) = try ListMessages(
      connection: connection, raw: raw, readOnly: readOnly
    ).run()
    guard let validity = selected.uidValidity else {
      throw .refused(
        command: "SELECT", .no,
        ResponseText(code: nil, text: "the server gives no UIDVALIDITY for this mailbox"))
    }
    let uidNext = selected.uidNext?.value ?? (present.last?.value ?? 0) &+ 1
    try trust(validity, uidNext, present, selected.uidNext)
    var observation = Observation(
      selected: selected, uidValidity: validity, uidNext: uidNext, present: present)
    let record = journal.record
    let bound = UIDSet(record.entries.values.compactMap(\.uid))
    let known = UIDSet(unsorted: record.knownUIDNext > 1 ? [1...(record.knownUIDNext - 1)] : [])
    observation.newcomers = try ListCandidates(connection: connection).run(
      present.subtracting(bound).subtracting(known))
    observation.vanished = record.entries.values.filter { entry in
      !entry.isGone && entry.uid.map { !present.contains($0) } == true
    }.map(\.number).sorted()
    observation.isAnew =
      record.knownUIDNext == 1
      && record.entries.values.contains(where: \.isUnbound)
    return observation
  }

  /// Forgets the UIDs of an index that is another mailbox's by all signs.
  private func trust(
    _ validity: UIDValidity, _ uidNext: UInt32, _ present: UIDSet, _ told: UID?
  ) throws(ClientError) {
    let record = journal.record
    if record.uidValidity != validity {
      journal.append(.validity(validity))
    } else if uidNext < record.knownUIDNext {
      journal.append(.unbound)
    } else if let told, let highest = record.entries.values.compactMap(\.uid).max(),
      told <= highest
    {
      // What was appended had a UID that is still to be given.
      journal.append(.unbound)
    } else if try !sampleMatches(present) {
      journal.append(.unbound)
    }
  }

  private func sampleMatches(_ present: UIDSet) throws(ClientError) -> Bool {
    var byUID: [UID: IndexEntry] = [:]
    for entry in journal.record.entries.values where !entry.isGone {
      if let uid = entry.uid, present.contains(uid) { byUID[uid] = entry }
    }
    let found = try ListCandidates(connection: connection).run(SampleUIDs().run(byUID.keys))
    var hasSameHeader = false
    let areAlike = found.allSatisfy { candidate in
      guard let entry = byUID[candidate.message.uid] else { return true }
      // Servers alter headers, and their sizes; a message of which neither is left is another one.
      if entry.headerKey.hash == candidate.message.headerKey.hash { hasSameHeader = true }
      return entry.headerKey.hash == candidate.message.headerKey.hash
        || entry.size == candidate.message.size
    }
    // Of other mail all sizes may be the same by chance.
    return areAlike && (hasSameHeader || found.isEmpty)
  }
}
