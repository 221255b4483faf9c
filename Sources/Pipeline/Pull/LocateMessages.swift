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
    /// Files from before the UIDVALIDITY changed; those in the mailbox itself first.
    var stale: [LocatedMessage] = []
    /// Where the source mailbox's mail lives: the mailbox the user renamed it to.
    var home: MailboxName
    /// The inode of that mailbox's directory; empty where there is none.
    var inode = ""
  }

  /// Looks into the mailbox itself, and where that leaves something missing into the whole archive.
  ///
  /// - Parameters:
  ///   - home: the mailbox that held the mail so far.
  ///   - record: what is known of the source's mailbox, under its UIDVALIDITY of now.
  ///   - present: what the source has now.
  ///   - isComplete: whether the record has all that was ever written into it.
  ///   - resumes: whether a run that was killed may have brought more than that; it is looked for where the
  ///     archive can be read.
  /// - Returns: the files, and where the mailbox is now.
  /// - Throws: `StoreError`, also where a part of the archive can't be read.
  func run(
    home: MailboxName, record: PullRecord, present: UIDSet, isComplete: Bool,
    resumes: Bool
  ) throws(StoreError) -> Result {
    var result = Result(home: home)
    if try archive.mailbox(home) == nil {
      if !record.messages.isEmpty || !record.former.isEmpty {
        result.home = try renamed(home) ?? home
      } else if resumes {
        result.home = (try? renamed(home)) ?? home
      }
    }
    if let mailbox = try archive.mailbox(result.home) {
      result.inode = try mailbox.identity()
      for message in try mailbox.scan() {
        add(LocatedMessage(message: message, mailbox: result.home), record, to: &result)
      }
    }
    let hasAll =
      isComplete && !record.awaitsRematch
      && record.messages.values.allSatisfy {
        // What the source has no longer has to be in the archive all the same.
        $0.fate == .deleted || result.files[$0.uid] != nil
          || (!present.contains($0.uid) && $0.fate != .gone)
      }
    if hasAll, !resumes { return result }
    let everywhere: [LocatedMessage]
    do {
      everywhere = try index.messages(from: key)
    } catch {
      // Nothing is missed: what a killed run may have brought besides has to wait.
      if hasAll { return result }
      throw error
    }
    for located in everywhere where located.mailbox != result.home {
      add(located, record, to: &result)
    }
    return result
  }

  private func add(_ located: LocatedMessage, _ record: PullRecord, to result: inout Result) {
    guard let origin = located.message.origin, origin.mailboxKey == key else { return }
    if origin.uidValidity != record.uidValidity {
      result.stale.append(located)
    } else if result.files[origin.uid] == nil {
      result.files[origin.uid] = located
    }
  }

  /// The mailbox that holds most of the messages, if the one they were delivered to is gone; nil where
  /// another one of the source's lives in it.
  ///
  /// - Throws: `StoreError`.
  func renamed(_ home: MailboxName) throws(StoreError) -> MailboxName? {
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
