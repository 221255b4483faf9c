import Mail
import Platform

/// Makes the state files of an archive anew: identity, table of mailboxes, letters of keywords.
///
/// Each step can be done again. What is broken stays beside the new file under another name. Holds the
/// archive's lock as long as it lives.
package final class ArchiveRebuild {
  /// What was there, with what could be read of the state.
  package let inspection: ArchiveInspection
  private let root: Directory
  private let state: Directory
  private let lock: FileLock
  /// What was put aside before the lock could be taken.
  private var putAside: [PutAside] = []

  /// Something that stood where a file or a directory of the state belongs.
  package struct PutAside: Sendable {
    /// Where it stood.
    package let path: String
    /// What it is.
    package let kind: String
    /// The name that it has now.
    package let kept: String
  }

  /// Opens what is or was an archive, for rebuilding.
  ///
  /// - Parameters:
  ///   - path: where it is.
  ///   - account: the source account, where the user gave it: a directory that has lost all of its
  ///     state must hold mail that was fetched from it.
  /// - Throws: `notFound`, `notAnArchive`, `newerFormat`, `locked`, `unfinished`, `system`.
  package init(path: String, account: String?) throws(StoreError) {
    root = try Archive.openRoot(path)
    if let present = try storedIfPresent(try root.openSubdirectory(Archive.stateName)) {
      state = present
    } else {
      let layout = try LayoutGuess.layout(of: root)
      guard let account,
        try Archive.holdsMail(of: account, layout.mailboxes(below: root))
      else { throw .notAnArchive(path) }
      state = try stored(try root.ensureSubdirectory(Archive.stateName))
    }
    // Looked at before the lock, which would make a file in what is no archive.
    inspection = try ArchiveInspection(
      root: root, state: state, lock: nil, isLost: account != nil)
    if let record = try? ConversionRecord(in: state), !record.isComplete { throw .unfinished(path) }
    if let kind = try stored(try state.misfit(Archive.lockName)) {
      let kept = try stored(try state.putAside(Archive.lockName))
      putAside = [PutAside(path: state.path(of: Archive.lockName), kind: "\(kind)", kept: kept)]
    }
    lock = try Archive.takeLock(in: state)
    try Archive.removeUnfinished(in: state)
  }

  /// Puts aside what stands where the journals and their directories belong and is of another kind, by
  /// giving it a name beside it; nothing in it is touched.
  ///
  /// - Returns: what was put aside.
  /// - Throws: `system`.
  package func putAsideMisfits() throws(StoreError) -> [PutAside] {
    defer { putAside = [] }
    for name in ["pull", "push", ConversionRecord.directoryName] {
      try putAside(name, in: state, unless: .directory)
    }
    for parts in [["pull"], [ConversionRecord.directoryName]] { try putAsideJournals(in: parts) }
    guard let push = try storedIfPresent(try state.openSubdirectory("push")) else {
      return putAside
    }
    for entry in try stored(try push.entries()) {
      guard let name = entry.name, !Directory.isKept(name) else { continue }
      try putAside(name, in: push, unless: .directory)
      try putAsideJournals(in: ["push", name])
    }
    return putAside
  }

  private func putAsideJournals(in parts: [String]) throws(StoreError) {
    guard let directory = try storedIfPresent(try state.openPath(parts)) else { return }
    for entry in try stored(try directory.entries()) where entry.kind != .file {
      guard let name = entry.name, name.hasSuffix(".journal") else { continue }
      try putAside(name, in: directory, unless: .file)
    }
  }

  private func putAside(
    _ name: String, in directory: Directory, unless expected: FileKind
  ) throws(StoreError) {
    guard let kind = try stored(try directory.misfit(name, expected: expected)) else { return }
    let kept = try stored(try directory.putAside(name))
    putAside.append(PutAside(path: directory.path(of: name), kind: "\(kind)", kept: kept))
  }

  /// Writes anew what was converted, as far as it is known.
  ///
  /// - Returns: the name under which a broken file is kept, nil where there was none; and whether the
  ///   source is known.
  /// - Throws: `system`.
  package func rebuildConversion() throws(StoreError) -> (kept: String?, isKnown: Bool) {
    let record = try ConversionRecord(salvagedFrom: state)
    let directory = try stored(try state.ensureSubdirectory(ConversionRecord.directoryName))
    var kept: String?
    if try stored(try directory.contains(ConversionRecord.fileName)) {
      kept = try stored(try directory.keepBroken(ConversionRecord.fileName))
    }
    try record.write(in: state)
    return (kept, record.source != .unknown)
  }

  /// Writes the letters of keywords anew: those that can be read of the file, then those that the
  /// mailboxes' own files give.
  ///
  /// - Returns: the name under which a broken file is kept; nil where there was none.
  /// - Throws: `system`.
  package func rebuildKeywords() throws(StoreError) -> String? {
    let kept = try keep(ArchiveKeywords.fileName)
    try inspection.archive.context.keywords.save()
    return kept
  }

  /// Writes the table of mailboxes anew: what can be read of the file, and those given.
  ///
  /// - Parameter records: mailboxes of the source that are known otherwise; what the file says of
  ///   them counts more.
  /// - Returns: the name under which a broken file is kept; nil where there was none.
  /// - Throws: `system`.
  package func rebuildTable(adding records: [MailboxRecord]) throws(StoreError) -> String? {
    let kept = try keep(MailboxTable.fileName)
    let table = inspection.archive.table
    for record in records where table[record.name] == nil { table.update(record) }
    try table.save()
    return kept
  }

  /// Writes the identity anew, with a new random id.
  ///
  /// - Parameter account: the source account.
  /// - Returns: the name under which a broken file is kept; nil where there was none.
  /// - Throws: `system`.
  package func rebuildIdentity(account: String) throws(StoreError) -> String? {
    let kept = try keep(ArchiveIdentity.fileName)
    try ArchiveIdentity(layout: inspection.archive.identity.layout, account: account)
      .write(in: state)
    return kept
  }

  /// Writes those files of mailboxes anew that hold keywords by base name and are broken.
  ///
  /// - Returns: the paths of the files, each with the name under which the broken one is kept.
  /// - Throws: `system`.
  package func repairKeywordFiles() throws(StoreError) -> [(path: String, kept: String)] {
    var repaired: [(path: String, kept: String)] = []
    for place in try inspection.archive.mailboxes().mailboxes where place.form == .maildir {
      guard let directory = try? root.openPath(place.path) else { continue }
      if let kept = try MailboxKeywords.repairExtras(in: directory) {
        repaired.append((directory.path(of: MailboxKeywords.extrasFile), kept))
      }
    }
    return repaired
  }

  private func keep(_ name: String) throws(StoreError) -> String? {
    guard try stored(try state.contains(name)) else { return nil }
    return try stored(try state.keepBroken(name))
  }
}

extension MailboxKeywords {
  /// Writes the file with keywords by base name without the lines that can't be read.
  ///
  /// - Returns: the name under which the broken file is kept; nil where it was not broken.
  /// - Throws: `system`, `newerFormat`.
  fileprivate static func repairExtras(in mailbox: Directory) throws(StoreError) -> String? {
    let path = mailbox.path(of: extrasFile)
    do {
      for line in try extrasText.read(extrasFile, in: mailbox) ?? [] {
        _ = try extrasLine(line, path: path)
      }
      return nil
    } catch .damaged {
      let lines = try extrasText.salvage(extrasFile, in: mailbox) ?? []
      let kept = try stored(try mailbox.keepBroken(extrasFile))
      let readable = lines.filter { (try? extrasLine($0, path: path)) != nil && !$0.isEmpty }
      try extrasText.write(readable, to: extrasFile, in: mailbox)
      return kept
    }
  }
}
