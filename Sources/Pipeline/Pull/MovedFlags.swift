import Mail
import Stores
import Synchronization

/// The flags of messages in the archive, with the keywords that stayed behind when somebody moved a
/// message by hand; those are read when they are first asked for.
final class MovedFlags: Sendable {
  private let archive: Archive
  private let stray = Mutex<StrayKeywords?>(nil)

  init(of archive: Archive) { self.archive = archive }

  /// All flags of a message.
  ///
  /// - Parameters:
  ///   - file: the message.
  ///   - home: where it was delivered to.
  /// - Returns: those of its own mailbox, and what others say of it where that one says nothing.
  /// - Throws: `StoreError.system` if the archive can't be read.
  func flags(of file: LocatedMessage, home: MailboxName) throws(StoreError) -> Flags {
    guard file.mailbox != home else { return file.message.flags }
    return try stray.withLock { stray throws(StoreError) in
      var known: StrayKeywords
      if let stray {
        known = stray
      } else {
        known = StrayKeywords(of: archive, in: try archive.mailboxes().mailboxes)
      }
      var flags = file.message.flags
      flags.keywords.formUnion(known.keywords(of: file.message, in: file.mailbox))
      stray = known
      return flags
    }
  }
}
