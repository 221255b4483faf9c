import Mail
import Stores
import Synchronization

/// Where in the archive the messages of a source mailbox are.
struct LocatedMessage: Sendable {
  let message: StoredMessage
  let mailbox: MailboxName
}

/// Finds messages in the whole archive by what their file names say, reading it when first asked.
final class ArchiveIndex: Sendable {
  private let archive: Archive
  private let content = Mutex<[MailboxKey: [LocatedMessage]]?>(nil)

  init(_ archive: Archive) { self.archive = archive }

  /// All messages that came from a source mailbox, wherever they are now.
  ///
  /// - Throws: `StoreError.unreadable` if a part of the archive can't be read: what seems to be gone
  ///   may then be there.
  func messages(from key: MailboxKey) throws(StoreError) -> [LocatedMessage] {
    try content.withLock { content throws(StoreError) in
      if content == nil { content = try read() }
      return content?[key] ?? []
    }
  }

  private func read() throws(StoreError) -> [MailboxKey: [LocatedMessage]] {
    let tree = try archive.mailboxes()
    if let path = tree.unreadable.first {
      throw .unreadable(path: path, reason: "a part of the archive can't be read")
    }
    var found: [MailboxKey: [LocatedMessage]] = [:]
    for entry in tree.mailboxes {
      guard let mailbox = try archive.mailbox(entry.name) else { continue }
      for message in try mailbox.scan() {
        guard let origin = message.origin else { continue }
        found[origin.mailboxKey, default: []].append(
          LocatedMessage(message: message, mailbox: entry.name))
      }
    }
    return found
  }
}
