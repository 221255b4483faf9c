package import Mail
import Platform

extension ReadableMailbox {
  /// When the message's own file was last written; nil where it has none, so that nobody can tell.
  ///
  /// In a Maildir that is the internal date as long as nobody edited the file.
  /// - Throws: `notFound` if it is gone, `system`.
  package func modificationTime(
    of message: StoredMessage
  ) throws(StoreError) -> InternalDate? {
    guard let maildir = self as? MaildirMailbox else { return nil }
    let place = try maildir.place(of: message)
    guard let status = try storedIfPresent(try place.status(of: message.name)) else {
      throw .notFound(path(of: message))
    }
    return InternalDate(epochSeconds: status.modifiedSeconds)
  }
}
