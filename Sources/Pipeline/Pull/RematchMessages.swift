import Clients
import Journals
import Mail
import Platform
import Protocols
import Stores

/// Recognises messages that are held under another UIDVALIDITY, downloading only where the header key
/// leaves a doubt (section "Identity" of `formats/archive.md`).
struct RematchMessages {
  struct Found {
    let file: StoredMessage
    let uid: UID
    let content: MessageContent
    /// The flags merged last under the old UID, which are still the base.
    let flags: Flags?
  }

  let connection: IMAPConnection
  let mailbox: MaildirMailbox
  /// What was recorded under the old UIDVALIDITY.
  let old: PullRecord

  func run(_ files: [StoredMessage], present: UIDSet) throws -> [Found] {
    guard !present.isEmpty else { return [] }
    let digester = DigestMessages()
    let contents = try files.map { try digester.run($0, in: mailbox) }
    let wanted = zip(files, contents).map { file, content in
      WantedMessage(
        digest: content.digest, headerKey: content.headerKey, size: content.size,
        isAsPulled: isAsPulled(file, content))
    }
    let candidates = try ListCandidates(connection: connection).run(present)
    let matches = try MatchMessages(
      archiveCounts: wanted.reduce(into: [:]) {
        $0[.init($1.headerKey, $1.size), default: 0] += 1
      },
      targetCounts: candidates.reduce(into: [:]) {
        $0[.init($1.message.headerKey, $1.message.size), default: 0] += 1
      }, isTolerant: false
    ).run(
      wanted: wanted, candidates: candidates.map(\.message),
      read: { try ReadContents(connection: connection).run(UIDSet($0)) }, tolerated: { _ in [] })
    return matches.map { match in
      let file = files[match.wanted]
      let base = record(of: file)?.flags
      return Found(
        file: file, uid: candidates[match.candidate].message.uid,
        content: contents[match.wanted], flags: base)
    }
  }

  private func record(of file: StoredMessage) -> HeldMessage? {
    guard let origin = file.origin, origin.uidValidity == old.uidValidity else { return nil }
    return old.messages[origin.uid]
  }

  /// Whether the file is what was fetched: by its digest, or where the journal does not have that any
  /// more by the size in its name.
  private func isAsPulled(_ file: StoredMessage, _ content: MessageContent) -> Bool {
    if let record = record(of: file) { return record.digest == content.digest }
    return file.namedWireSize == content.size
  }
}
