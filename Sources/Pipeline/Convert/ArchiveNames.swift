import Mail
import Platform
import Stores
import Synchronization

/// Tells whether a message that is missing in its mailbox was moved to another one of the archive, which
/// is read when that is first asked.
final class ArchiveNames: Sendable {
  private let archive: Archive?
  private let names = Mutex<BaseNames?>(nil)

  init(_ archive: Archive?) { self.archive = archive }

  /// Whether a message of the archive has that base name.
  ///
  /// - Throws: `StoreError`, also where a part of the archive can't be read: what seems to be gone may
  ///   then be there.
  func contains(_ name: String) throws(StoreError) -> Bool {
    try names.withLock { names throws(StoreError) in
      if let names { return names.contains(name) }
      let found = try read()
      names = found
      return found.contains(name)
    }
  }

  private func read() throws(StoreError) -> BaseNames {
    var names = BaseNames()
    guard let archive else { return names }
    let tree = try archive.mailboxes()
    if let path = tree.unreadable.first {
      throw .unreadable(path: path, reason: "a part of the archive can't be read")
    }
    for place in tree.mailboxes {
      let mailbox = try archive.mailbox(at: place)
      for message in try mailbox.scan() { names.insert(message) }
      if let problem = mailbox.damage.first { throw problem }
    }
    return names
  }
}
