package import Platform

/// What can go wrong with an archive or one of its mailboxes.
package enum StoreError: Error, Sendable, Equatable {
  /// The directory exists and is no archive.
  case notAnArchive(String)
  /// There is nothing at that path.
  case notFound(String)
  /// There is no mailbox in any form that is known; what was found instead, if it looks like mail.
  case noMail(path: String, passedOver: String?)
  /// A later version of mailarc wrote it.
  case newerFormat(version: Int)
  /// The archive is of another source account.
  case otherAccount(archive: String, asked: String)
  /// Another run writes to the archive; its process, if it could be read.
  case locked(by: Int32?)
  /// Another program holds a lock on a mailbox for long: the mailbox's file, and what is locked.
  case mailboxLocked(String, by: String)
  /// The archive was not converted from what is to be converted now.
  case otherSource(String)
  /// A conversion into the archive was begun and has not come to its end.
  case unfinished(String)
  /// The archive has a layout that this version can't use as asked.
  case unsupportedLayout(String)
  /// No directory can stand for the mailbox.
  case unsuitableName(String, reason: String)
  /// A state file does not hold what it should.
  case damaged(file: String, reason: String)
  /// Somebody wrote to a file while it was read.
  case changed(String)
  /// Something in the archive can't be read completely.
  case unreadable(path: String, reason: String)
  /// A system call failed.
  case system(SystemError)
}

extension StoreError: CustomStringConvertible {
  /// What happened, in one line; paths and names are as they are on disk, not escaped for terminals.
  package var description: String {
    switch self {
    case .notAnArchive(let path): "\"\(path)\" is not an archive of mailarc"
    case .notFound(let path): "\"\(path)\" does not exist"
    case .noMail(let path, let passedOver):
      "\"\(path)\" holds no mail: no archive, Maildir, mbox, .eml file or MH folder is there"
        + (passedOver.map { "; passed over: \($0)" } ?? "")
    case .newerFormat(let version):
      "the archive has format \(version), which a later version of mailarc wrote"
    case .otherAccount("", _):
      "the archive was not fetched from an account, and so nothing is fetched into it"
    case .otherAccount(let archive, let asked):
      "the archive belongs to \(archive), not to \(asked)"
    case .locked(let process?): "the archive is in use by process \(process)"
    case .locked(nil): "the archive is in use by another process"
    case .mailboxLocked(let path, let lock) where path == lock:
      "another program holds a lock on \"\(path)\""
    case .mailboxLocked(let path, let lock):
      "\"\(path)\" is locked by \"\(lock)\"; if no program uses it, remove that file"
    case .otherSource(let path):
      "\"\(path)\" is an archive that was not converted from this mail"
    case .unfinished(let path): "the conversion into \"\(path)\" has not come to its end"
    case .unsupportedLayout(let layout): "the layout \"\(layout)\" is not supported here"
    case .unsuitableName(let name, let reason): "no directory can stand for \(name): \(reason)"
    case .damaged(let file, let reason): "\"\(file)\" is damaged: \(reason)"
    case .changed(let path): "\"\(path)\" changed while it was read"
    case .unreadable(let path, let reason): "\"\(path)\" can't be read: \(reason)"
    case .system(let error): error.description
    }
  }

  /// Whether the disk is full, a quota used up, or a file-size limit reached.
  package var isNoSpace: Bool {
    if case .system(let error) = self { error.isNoSpace } else { false }
  }
}

/// Runs a step of `Platform` and reports its failure as a `StoreError`.
func stored<Value: ~Copyable>(
  _ step: @autoclosure () throws(SystemError) -> Value
) throws(StoreError) -> Value {
  do { return try step() } catch { throw .system(error) }
}

/// Like `stored`, with nil where the file or directory does not exist.
func storedIfPresent<Value: ~Copyable>(
  _ step: @autoclosure () throws(SystemError) -> Value
) throws(StoreError) -> Value? {
  do {
    return try step()
  } catch {
    if error.isNotFound { return nil }
    throw .system(error)
  }
}
