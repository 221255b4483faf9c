import Journals
import Mail
import Platform
import Stores

/// A message that a mailbox of the archive should hold.
struct ExpectedMessage {
  let key: String
  /// The base name, where it is known.
  var name: String?
  /// Its UID at the source, where it was fetched.
  var uid: UID?
  /// The flags that it should have; nil where nobody knows.
  var flags: Flags?
  /// Bytes on disk; nil where the name of its file says it.
  var size: Int64?
  /// Of its content; nil where that is not recorded.
  var digest: ContentDigest?
}

/// What should be in an archive by what pulls and conversions recorded of it.
///
/// Confined to one thread.
final class ExpectedArchive {
  private let archive: Archive
  private let pulled: PulledDigests
  private let convert: Directory?
  /// The mailboxes of the source that live in a mailbox of the archive.
  private let sources: [MailboxName: [MailboxName]]

  init(_ archive: Archive) {
    self.archive = archive
    pulled = PulledDigests(try? archive.state.openSubdirectory("pull"))
    convert = try? archive.state.openSubdirectory("convert")
    sources = Dictionary(grouping: archive.table.records, by: \.archiveName)
      .mapValues { $0.map(\.name) }
  }

  /// The mailboxes that were made for mail: those of the source that were pulled.
  var mailboxes: Set<MailboxName> {
    Set(
      sources.filter { _, names in
        names.contains { pulled.record(of: key(of: $0)).uidValidity != nil }
      }.keys)
  }

  /// What the journals say is in a mailbox, by key.
  func messages(in mailbox: MailboxName) -> [String: ExpectedMessage] {
    var found: [String: ExpectedMessage] = [:]
    for name in sources[mailbox] ?? [] {
      let key = key(of: name)
      let record = pulled.record(of: key)
      guard let validity = record.uidValidity else { continue }
      for held in record.messages.values where held.fate.isInArchive {
        let origin = MessageOrigin(uidValidity: validity, uid: held.uid, mailboxKey: key)
        let text = MessageKey.origin(origin).text
        found[text] = ExpectedMessage(
          key: text, uid: held.uid, flags: held.flags, digest: held.digest)
      }
    }
    for message in converted(mailbox) where !message.isDeleted {
      let origin = MessageOrigin(baseName: message.name.utf8)
      // What was pulled, here or before it was converted, the pull knows better.
      if let origin, pulled.record(of: origin.mailboxKey).uidValidity != nil { continue }
      let text = (origin.map { .origin($0) } ?? MessageKey.name(message.name)).text
      found[text] = ExpectedMessage(
        key: text, name: message.name, flags: message.flags, digest: message.digest)
    }
    return found
  }

  private func key(of source: MailboxName) -> MailboxKey {
    MailboxKey(account: archive.identity.account, mailbox: source)
  }

  private func converted(_ mailbox: MailboxName) -> [ConvertedMessage] {
    guard let convert else { return [] }
    let key = MailboxKey(account: "", mailbox: mailbox)
    let journal = try? ConvertJournal(
      in: convert, key: key.hex, mailbox: mailbox, readOnly: true)
    return (journal?.record.messages.values).map { Array($0) } ?? []
  }
}
