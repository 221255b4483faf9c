import Journals
import Mail
import Platform
import Stores

/// Makes the journal of one source mailbox whole: drops what can't be read of it, and adds the messages
/// that the archive has and the journal does not know.
struct RebuildPullJournal {
  let archive: Archive
  let directory: Directory
  let origins: ArchiveOrigins
  let key: MailboxKey
  /// The mailbox's name at the source, as far as it is known; it is in the header for people.
  let name: MailboxName
  /// The run that the messages are said to have come in.
  let run: Int
  let digester: DigestMessages
  let interruption: Interruption

  struct Result {
    /// What was done; nil where there was nothing to do.
    var action: String?
    /// Messages that can't be read.
    var findings: [VerifyFinding] = []
  }

  /// - Parameters:
  ///   - journal: what there is; nil where there is none.
  ///   - willChange: called before anything is written, once or twice.
  ///   - onMessage: called before each message that is read.
  /// - Returns: what was done.
  /// - Throws: `JournalError`, `StoreError`, and `Failure` if it is interrupted.
  func run(
    _ journal: FoundJournal?, willChange: () throws -> Void, onMessage: (MailboxName) -> Void
  ) throws -> Result {
    var result = Result()
    var words: [String] = []
    if let journal, journal.lost > 0 {
      try willChange()
      var beginning = [JournalRecord(PullRecord.journalKind, ["1", name.stateForm])]
      if let validity = origins.validity(of: key)?.value {
        beginning.append(PullEvent.validity(validity).journalRecord)
      }
      let kept = try JournalRepair(
        directory: directory, name: journal.name, beginning: beginning
      ).run()
      words.append("\(journal.lost) records can't be read (the broken file is \(kept))")
    }
    let known = try PullJournal(
      in: directory, key: key.hex, mailbox: name, readOnly: true
    ).record
    let validity = known.uidValidity ?? origins.validity(of: key)?.value
    let missing = unknown(to: known, validity)
    guard let validity, !missing.isEmpty else {
      result.action = words.isEmpty ? nil : words.joined(separator: "; ")
      return result
    }
    try willChange()
    let added = try add(missing, validity, isNew: known.isNew, &result, onMessage)
    if added > 0 {
      words.append("\(added) messages of the archive are recorded that it did not know")
    }
    result.action = words.isEmpty ? nil : words.joined(separator: "; ")
    return result
  }

  private func unknown(
    to record: PullRecord, _ validity: UIDValidity?
  ) -> [(uid: UID, place: ArchiveOrigins.Place)] {
    var found: [UID: ArchiveOrigins.Place] = [:]
    for place in origins.places[key] ?? [] {
      guard let origin = place.message.origin, origin.uidValidity == validity,
        record.messages[origin.uid] == nil, found[origin.uid] == nil
      else { continue }
      found[origin.uid] = place
    }
    return found.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  private func add(
    _ missing: [(uid: UID, place: ArchiveOrigins.Place)], _ validity: UIDValidity, isNew: Bool,
    _ result: inout Result, _ onMessage: (MailboxName) -> Void
  ) throws -> Int {
    let journal = try PullJournal(in: directory, key: key.hex, mailbox: name, readOnly: false)
    if journal.record.uidValidity == nil { journal.append(.validity(validity)) }
    // Otherwise there are files of another UIDVALIDITY, which the next pull matches.
    if isNew, origins.validity(of: key)?.isOnly == true { journal.append(.rematched) }
    var added = 0
    for (uid, place) in missing {
      try interruption.stopIfRaised()
      onMessage(place.mailbox.name)
      let mailbox = try archive.mailbox(at: place.mailbox)
      do {
        let content = try digester.run(place.message, in: mailbox)
        journal.append(
          .held(
            HeldMessage(
              uid: uid, digest: content.digest, size: content.size,
              internalDate: try mailbox.internalDate(of: place.message),
              headerKey: content.headerKey, flags: nil, fate: .held, run: run)))
        added += 1
        if added % 1000 == 0 { try journal.flush() }
      } catch let error as JournalError {
        throw error
      } catch {
        result.findings.append(
          VerifyFinding(
            .unreadable, mailbox: place.mailbox.name, file: mailbox.path(of: place.message),
            "\(error)"))
      }
    }
    try journal.flush()
    return added
  }
}

extension PullRecord {
  /// Whether nothing was ever held: what is added then is all that there was.
  fileprivate var isNew: Bool { messages.isEmpty && former.isEmpty && awaitsRematch }
}
