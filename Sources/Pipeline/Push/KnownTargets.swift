import Journals
import Mail
import Platform
import Stores

/// The mailboxes of a target for which a dedupe index was begun.
struct KnownTargets {
  private let directory: Directory?
  private let account: String

  /// - Parameters:
  ///   - directory: `push/<account>`; nil where nothing was ever pushed there.
  ///   - account: the target's identity.
  init(_ directory: Directory?, _ account: String) {
    self.directory = directory
    self.account = account
  }

  /// Whether there is one of that name.
  func contains(_ name: MailboxName) -> Bool {
    let key = MailboxKey(account: account, mailbox: name)
    return (try? directory?.contains(key.hex + ".journal")) == true
  }
}
