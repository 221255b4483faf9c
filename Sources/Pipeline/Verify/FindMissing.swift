import Journals
import Mail
import Stores

/// Finds messages that were recorded as being in the archive, and are nowhere in it.
struct FindMissing {
  let pulled: PulledMessages
  let converted: ConvertedMessages
  let table: MailboxTable
  /// The names that the journals give their mailboxes.
  let names: [MailboxKey: MailboxName]
  /// The mailboxes that are there.
  let present: Set<MailboxName>

  /// One finding for each message, or for all of a mailbox that is not there.
  ///
  /// - Parameters:
  ///   - origins: where the messages that are there came from.
  ///   - present: the base names of the messages that are there.
  ///   - unrecorded: the digests of messages that nothing is known of: under another name, one of
  ///     them may be what is missed.
  /// - Returns: the findings, by mailbox and UID.
  /// - Throws: `JournalError` where what is missing can't be read again.
  func run(
    origins: Set<MessageOrigin>, converted present: BaseNames, unrecorded: [ContentDigest: Int]
  ) throws(JournalError) -> [VerifyFinding] {
    var unrecorded = unrecorded
    var findings: [VerifyFinding] = []
    for (key, name) in places() {
      guard let record = pulled.records[key], let validity = record.uidValidity else { continue }
      var missing: [UID] = []
      for (uid, held) in record.messages.sorted(by: { $0.key < $1.key })
      where held.fate.isInArchive {
        let origin = MessageOrigin(uidValidity: validity, uid: uid, mailboxKey: key)
        if origins.contains(origin) { continue }
        if let count = unrecorded[held.digest], count > 0 {
          unrecorded[held.digest] = count - 1
          continue
        }
        missing.append(uid)
      }
      findings += tell(missing, of: name, record)
    }
    return try findings + self.converted(present, origins, &unrecorded)
  }

  /// What was converted and is not there under its name.
  private func converted(
    _ present: BaseNames, _ origins: Set<MessageOrigin>, _ unrecorded: inout [ContentDigest: Int]
  ) throws(JournalError) -> [VerifyFinding] {
    var findings: [VerifyFinding] = []
    for message in try converted.missing(from: present) {
      // A pull knows more of what it fetched: it may have moved it, or seen it deleted.
      if let origin = MessageOrigin(baseName: message.name.utf8),
        origins.contains(origin) || pulled.records[origin.mailboxKey] != nil
      {
        continue
      }
      if let count = unrecorded[message.digest], count > 0 {
        unrecorded[message.digest] = count - 1
        continue
      }
      findings.append(VerifyFinding(.missing, message.name))
    }
    return findings
  }

  /// The journals' mailboxes in the order of their names.
  private func places() -> [(MailboxKey, MailboxName?)] {
    pulled.records.keys.map { ($0, names[$0]) }.sorted { one, other in
      switch (one.1, other.1) {
      case (let left?, let right?): left < right
      case (nil, nil): one.0 < other.0
      default: one.1 != nil
      }
    }
  }

  private func tell(
    _ missing: [UID], of name: MailboxName?, _ record: PullRecord
  ) -> [VerifyFinding] {
    guard !missing.isEmpty else { return [] }
    if let name {
      let home = table[name]?.archiveName ?? name
      if !present.contains(home) {
        return [
          VerifyFinding(
            .mailboxMissing, mailbox: name,
            "\(home) is not in the archive, and \(missing.count) of its messages are nowhere in it")
        ]
      }
    }
    return missing.map { uid in
      let isGone = record.messages[uid]?.fate.isOnlyInArchive == true
      return VerifyFinding(
        .missing, mailbox: name, uid: uid,
        isGone ? "UID \(uid), which is at the source no longer" : "UID \(uid)")
    }
  }
}
