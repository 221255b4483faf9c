import Glibc
import Mail
import Platform

/// INBOX in the archive's own directory, all other mailboxes beside each other in directories that
/// begin with a dot: the layout `maildir++`.
struct MaildirPlusPlusLayout: ArchiveLayout {
  /// The empty file by which mail delivery agents know a directory of Maildir++.
  static let markName = "maildirfolder"

  let root: Directory

  func tree() throws(StoreError) -> MailboxTree {
    var tree = MailboxTree()
    var readings: [(entry: [UInt8], reading: MaildirPlusPlusName.Reading)] = []
    for entry in try stored(try root.entries()) where entry.name != Archive.stateName {
      if entry.bytes == Array("cur".utf8), entry.kind == .directory {
        tree.mailboxes.append(MailboxPlace(name: .inbox, path: [], form: .maildir))
      } else if try isMailbox(entry, &tree) {
        if let reading = MaildirPlusPlusName.read(entry.bytes), entry.name != nil {
          readings.append((entry.bytes, reading))
        } else {
          tree.unreadable.append("\(root.path(of: entry.bytes)): its name can't be read")
        }
      }
    }
    // Where two directories stand for one mailbox, the form that mailarc prefers comes first.
    readings.sort { one, other in
      one.reading.rank == other.reading.rank
        ? one.entry.lexicographicallyPrecedes(other.entry)
        : one.reading.rank < other.reading.rank
    }
    var seen = Set(tree.mailboxes.map(\.name))
    for (entry, reading) in readings {
      if seen.insert(reading.name).inserted {
        let path = [String(decoding: entry, as: UTF8.self)]
        tree.mailboxes.append(MailboxPlace(name: reading.name, path: path, form: .maildir))
      } else {
        tree.unreadable.append(
          "\(root.path(of: entry)): another directory stands for the same mailbox")
      }
    }
    tree.mailboxes.sort { $0.name < $1.name }
    return tree
  }

  /// Whether an entry is a dotted directory with a `cur`; what else looks as if it held mail is noted.
  private func isMailbox(
    _ entry: DirectoryEntry, _ tree: inout MailboxTree
  ) throws(StoreError) -> Bool {
    let path = root.path(of: entry.bytes)
    let isDotted = entry.bytes.first == UInt8(ascii: ".")
    if entry.kind == .symbolicLink, isDotted { tree.passedOver.append("\(path): a symbolic link") }
    guard entry.kind == .directory else { return false }
    do {
      guard try root.openSubdirectory(entry.bytes).contains("cur") else { return false }
    } catch {
      if isDotted, !error.isNotFound { tree.unreadable.append("\(path): \(error.reason)") }
      return false
    }
    if !isDotted { tree.passedOver.append("\(path): a directory without a dot before its name") }
    return isDotted
  }

  /// The mailbox's directory, which has a `cur`; nil if there is none.
  private func find(_ name: MailboxName) throws(StoreError) -> Directory? {
    if name.isInbox { return try stored(try root.contains("cur")) ? root : nil }
    // Most are under the name that mailarc gives; else what somebody else made is looked for.
    if let plain = MaildirPlusPlusName.candidates(for: name).first,
      let directory = try open(plain), try stored(try directory.contains("cur"))
    {
      return directory
    }
    guard let place = try tree().mailboxes.first(where: { $0.name == name }) else { return nil }
    return try storedIfPresent(try root.openPath(place.path))
  }

  /// The directory of exactly that name; nil if there is none.
  private func open(_ entry: String) throws(StoreError) -> Directory? {
    guard let directory = try storedIfPresent(try root.openSubdirectory(entry)) else { return nil }
    return try MailboxPath.isNamed(entry, directory, in: root) ? directory : nil
  }

  func mailbox(
    _ name: MailboxName, _ context: StoreContext
  ) throws(StoreError) -> (any Mailbox)? {
    guard let directory = try find(name) else { return nil }
    return try MaildirMailbox(name, in: directory, context: context)
  }

  func mailbox(
    at place: MailboxPlace, _ context: StoreContext
  ) throws(StoreError) -> any Mailbox {
    let directory = try stored(try root.openPath(place.path))
    return try MaildirMailbox(place.name, in: directory, context: context)
  }

  func makeMailbox(
    _ name: MailboxName, _ context: StoreContext
  ) throws(StoreError) -> any Mailbox {
    if let found = try mailbox(name, context) { return found }
    let directory = name.isInbox ? root : try makeDirectory(name)
    if !name.isInbox {
      _ = try stored(try directory.openForUpdateOrCreate(Self.markName))
    }
    return try MaildirMailbox.make(name, in: directory, context: context)
  }

  private func makeDirectory(_ name: MailboxName) throws(StoreError) -> Directory {
    let candidates = MaildirPlusPlusName.candidates(for: name)
    guard !candidates.isEmpty else {
      throw .unsuitableName(
        name.description,
        reason: "its directory's name would have more than \(DirectoryName.limit) bytes")
    }
    for entry in candidates {
      if let made = try MailboxPath.make([entry], in: root) { return made }
    }
    throw .unsuitableName(
      name.description, reason: "the file system takes its directory for another one")
  }

  func identity(of name: MailboxName) throws(StoreError) -> String {
    guard let directory = try find(name) else { return "" }
    return "\(try stored(try directory.status()).inode)"
  }

  func removeIfEmpty(_ name: MailboxName) throws(StoreError) -> Bool {
    // The archive's own directory stays.
    guard !name.isInbox else { return false }
    var found = try find(name)
    if found == nil { found = try remains(of: name) }
    guard let directory = found else { return true }
    guard try MaildirMailbox.emptyOut(directory) else { return false }
    _ = try storedIfPresent(try directory.unlink(Self.markName))
    Checkpoint.pass("empty mailbox: before its directory is removed")
    guard let entry = directory.path.split(separator: "/").last.map(String.init) else {
      return true
    }
    do {
      try root.removeSubdirectory(entry)
      try root.flush()
    } catch {
      if !error.isExists { throw .system(error) }
    }
    return true
  }

  /// What a run left that was killed while it took a mailbox away: nothing but what is taken away last.
  private func remains(of name: MailboxName) throws(StoreError) -> Directory? {
    let files = [MailboxKeywords.lettersFile, MailboxKeywords.extrasFile, Self.markName]
    guard let plain = MaildirPlusPlusName.candidates(for: name).first,
      let directory = try open(plain),
      try stored(try directory.entries()).allSatisfy({ files.contains($0.name ?? "") })
    else { return nil }
    return directory
  }

  func gatherLetters(into letters: inout KeywordLetters) throws(StoreError) {
    try MaildirLayout.gatherLetters(of: try tree(), below: root, into: &letters)
  }

  func forEachOrigin(_ body: (MailboxKey) -> Bool) throws(StoreError) {
    try MaildirLayout.forEachOrigin(of: try tree(), below: root, body)
  }
}
