import Journals
import Mail
import Stores

/// Finds the files of a source mailbox's messages in the archive.
struct LocateMessages {
  let archive: Archive
  let index: ArchiveIndex
  let names: HandNames
  let mailbox: MailboxName
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

    fileprivate var isEmpty: Bool { files.isEmpty && stale.isEmpty }
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
    let isEmpty = record.messages.isEmpty && record.former.isEmpty
    if try archive.mailbox(home) != nil {
      result = try look(into: home, record)
      if !isEmpty, result.isEmpty, !hasAll(result, record, present),
        let other = try names.home(of: mailbox, index), other != home
      {
        result = try look(into: other, record)
      }
    } else if !isEmpty {
      result = try look(into: try names.home(of: mailbox, index) ?? home, record)
    } else if resumes, let other = try? names.home(of: mailbox, index) {
      result = try look(into: other, record)
    }
    let isEnough = isComplete && !record.awaitsRematch && hasAll(result, record, present)
    if isEnough, !resumes { return result }
    let everywhere: [LocatedMessage]
    do {
      everywhere = try index.messages(from: key)
    } catch {
      // Nothing is missed: what a killed run may have brought besides has to wait.
      if isEnough { return result }
      throw error
    }
    for located in everywhere where located.mailbox != result.home {
      add(located, record, to: &result)
    }
    return result
  }

  private func look(
    into home: MailboxName, _ record: PullRecord
  ) throws(StoreError) -> Result {
    var result = Result(home: home)
    guard let mailbox = try archive.mailbox(home) else { return result }
    result.inode = try mailbox.identity()
    for message in try mailbox.scan() {
      add(LocatedMessage(message: message, mailbox: home), record, to: &result)
    }
    return result
  }

  /// Whether nothing is left to be looked for elsewhere.
  private func hasAll(_ result: Result, _ record: PullRecord, _ present: UIDSet) -> Bool {
    record.messages.values.allSatisfy {
      // What the source has no longer has to be in the archive all the same.
      $0.fate == .deleted || result.files[$0.uid] != nil
        || (!present.contains($0.uid) && !$0.fate.isOnlyInArchive)
    }
  }

  private func add(_ located: LocatedMessage, _ record: PullRecord, to result: inout Result) {
    guard let origin = located.message.origin, origin.mailboxKey == key else { return }
    if origin.uidValidity != record.uidValidity {
      result.stale.append(located)
    } else if result.files[origin.uid] == nil {
      result.files[origin.uid] = located
    }
  }
}
