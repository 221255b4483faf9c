import Clients
import Journals
import Mail
import Platform
import Protocols
import Stores

/// Recognises, when the UIDVALIDITY changed, the messages that are held under the old one, downloading
/// only where the header key leaves a doubt (section "Identity" of `formats/archive.md`).
///
/// Their files get names that say what they are now; what was deleted by hand stays so.
struct RematchMessages {
  let context: PullContext
  let connection: IMAPConnection
  let key: MailboxKey
  let journal: PullJournal

  /// Matches, renames and records.
  ///
  /// - Parameters:
  ///   - stale: the files of messages of another UIDVALIDITY, wherever in the archive.
  ///   - present: what the mailbox has now.
  /// - Returns: the files of the messages that were recognised, and those of before that are not there.
  /// - Throws: what the connection, the archive and the journal throw.
  func run(
    _ stale: [LocatedMessage], present: UIDSet
  ) throws -> (files: [UID: LocatedMessage], rest: [HeldMessage]) {
    let former = FormerMessages(context: context, key: key, journal: journal)
    let formers = try former.all(stale)
    let held = journal.record.messages
    guard !formers.isEmpty, !present.subtracting(UIDSet(held.keys)).isEmpty else {
      return ([:], former.rest(of: formers))
    }
    let all = try ListCandidates(connection: connection).run(present).map(\.message)
    let candidates = all.filter { held[$0.uid] == nil }
    var archiveCounts: [MatchMessages.KeyAndSize: Int] = [:]
    for message in formers.lazy.map(\.message) + held.values {
      archiveCounts[.init(message.headerKey, message.size), default: 0] += 1
    }
    let matches = try MatchMessages(
      archiveCounts: archiveCounts,
      targetCounts: all.reduce(into: [:]) { $0[.init($1.headerKey, $1.size), default: 0] += 1 },
      tolerance: .none
    ).run(
      wanted: formers.map {
        WantedMessage(
          digest: $0.message.digest, headerKey: $0.message.headerKey, size: $0.message.size,
          isAsPulled: $0.isAsPulled)
      }, candidates: candidates,
      read: { try ReadContents(connection: connection, passesTrace: true).run(UIDSet($0)) },
      tolerated: { _ in [] })
    let files = try former.keep(
      matches.map { (former: formers[$0.wanted], uid: candidates[$0.candidate].uid) })
    let found = Set(matches.map(\.wanted))
    return (
      files, former.rest(of: formers.indices.filter { !found.contains($0) }.map { formers[$0] })
    )
  }
}
