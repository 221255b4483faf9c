import Journals
import Mail

extension MatchMessages {
  /// A comparison of messages that were on their way with what is new in the target mailbox, looking
  /// through the server's alterations.
  ///
  /// A header key counts as unique only in the whole archive and the whole mailbox.
  /// - Parameters:
  ///   - sent: what was on its way.
  ///   - archive: how many messages of the archive mailbox have a key.
  ///   - record: the index of the target mailbox.
  ///   - unknown: the messages there that have no entry in the index, or may have none.
  init(
    sent: [KeyAndSize], archive: [KeyAndSize: Int], record: PushRecord, unknown: [CandidateMessage]
  ) {
    var wanted: [KeyAndSize: Int] = [:]
    for key in sent { wanted[key, default: 0] += 1 }
    var target: [KeyAndSize: Int] = [:]
    for message in unknown { target[.init(message.headerKey, message.size), default: 0] += 1 }
    let uids = Set(unknown.map(\.uid))
    for entry in record.entries.values where !entry.isGone {
      guard let uid = entry.uid, !uids.contains(uid) else { continue }
      target[.init(entry.headerKey, entry.size), default: 0] += 1
    }
    self.init(
      archiveCounts: archive.merging(wanted) { max($0, $1) }, targetCounts: target,
      tolerance: .all)
  }
}
