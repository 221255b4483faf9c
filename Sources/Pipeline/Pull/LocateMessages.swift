import Journals
import Mail
import Stores

/// Finds the files of a source mailbox's messages in the archive.
struct LocateMessages {
  let archive: Archive
  let index: ArchiveIndex
  let key: MailboxKey

  struct Result {
    /// The files of the messages of the current UIDVALIDITY.
    var files: [UID: LocatedMessage] = [:]
    /// Files from before the UIDVALIDITY changed, in the mailbox itself.
    var stale: [StoredMessage] = []
    /// Where the source mailbox's mail lives: the mailbox the user renamed it to.
    var home: MailboxName
    /// The inode of that mailbox's directory; empty where there is none.
    var inode = ""
  }

  /// Looks into the mailbox itself, and where that leaves something missing into the whole archive.
  func run(
    home: MailboxName, record: PullRecord, uidValidity: UIDValidity
  ) throws(StoreError) -> Result {
    var result = Result(home: home)
    if try archive.mailbox(home) == nil, !record.messages.isEmpty {
      result.home = try renamed(home) ?? home
    }
    if let mailbox = try archive.mailbox(result.home) {
      result.inode = try mailbox.identity()
      for message in try mailbox.scan() {
        guard let origin = message.origin, origin.mailboxKey == key else { continue }
        if origin.uidValidity == uidValidity {
          result.files[origin.uid] = LocatedMessage(message: message, mailbox: result.home)
        } else {
          result.stale.append(message)
        }
      }
    }
    let isComplete = record.messages.allSatisfy {
      $0.value.fate == .deleted || result.files[$0.key] != nil
    }
    if isComplete, !record.messages.isEmpty { return result }
    for located in try index.messages(from: key) where located.mailbox != result.home {
      guard let origin = located.message.origin, origin.uidValidity == uidValidity,
        result.files[origin.uid] == nil
      else { continue }
      result.files[origin.uid] = located
    }
    return result
  }

  /// The mailbox that holds most of the messages, if the one they were delivered to is gone.
  private func renamed(_ home: MailboxName) throws(StoreError) -> MailboxName? {
    var counts: [MailboxName: Int] = [:]
    let messages = try index.messages(from: key)
    for located in messages { counts[located.mailbox, default: 0] += 1 }
    guard let (name, count) = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }),
      count * 2 > messages.count, !isHome(name)
    else { return nil }
    return name
  }

  private func isHome(_ name: MailboxName) -> Bool {
    archive.table.records.contains { $0.archiveName == name }
  }
}
