import Platform

/// A state file of an archive that is lost or broken.
package struct BrokenState: Sendable, Equatable {
  /// The files that `ArchiveInspection` looks at.
  package enum File: String, Sendable, CaseIterable {
    case identity = "archive"
    case mailboxes
    case keywords
    case conversion = "convert/source"
    case lock
  }

  /// Which file it is.
  package let file: File
  /// What is wrong with it; nil where it is not there.
  package let error: StoreError?
}

/// An archive opened although its state files may be lost or broken.
package struct ArchiveInspection: Sendable {
  /// The archive, for reading; where a state file is broken, with what could be read of it.
  ///
  /// Without an identity its layout is what the tree looks like, and its account is empty.
  package let archive: Archive
  /// The state files that are lost or broken.
  package let broken: [BrokenState]

  /// Opens what may be an archive.
  ///
  /// - Throws: `notFound`, `notAnArchive` where there is nothing of an archive's state,
  ///   `newerFormat`, `unsupportedLayout`, `locked` while a run writes, `system`.
  package init(path: String) throws(StoreError) {
    let root = try Archive.openRoot(path)
    guard let state = try storedIfPresent(try root.openSubdirectory(Archive.stateName)) else {
      throw .notAnArchive(path)
    }
    // What a run that is under way has delivered and not recorded yet would seem to be wrong.
    try self.init(
      root: root, state: state, lock: try Archive.takeLock(in: state, for: .readingUndisturbed),
      isLost: false)
  }

  /// Looks at a directory and the state in it.
  ///
  /// - Parameters:
  ///   - root: the directory.
  ///   - state: the one in it with the state.
  ///   - lock: what keeps others from writing, held as long as the archive is open.
  ///   - isLost: whether it is known that there was an archive, though nothing of its state is left.
  /// - Throws: as `init(path:)`.
  init(
    root: Directory, state: Directory, lock: consuming FileLock?, isLost: Bool
  ) throws(StoreError) {
    var broken: [BrokenState] = []
    let identity = try Self.part(.identity, &broken) { () throws(StoreError) in
      try ArchiveIdentity(in: state)
    }
    if identity == nil, broken.first?.error == nil, !isLost {
      // The beginnings of an archive have nothing to be rebuilt from.
      let others = ["pull", "push", "convert", MailboxTable.fileName]
      var holdsOthers = false
      for name in others { holdsOthers = try stored(try state.contains(name)) || holdsOthers }
      guard holdsOthers else { throw .notAnArchive(root.path) }
    }
    let used: ArchiveIdentity
    if let identity {
      used = identity
    } else {
      used = ArchiveIdentity(layout: try LayoutGuess.layout(of: root), account: "")
    }
    var table = try Self.part(.mailboxes, &broken) { () throws(StoreError) in
      try Self.table(in: state)
    }
    if table == nil { table = try MailboxTable(salvagedFrom: state) }
    var keywords = try Self.part(.keywords, &broken) { () throws(StoreError) in
      try ArchiveKeywords(in: state)
    }
    if keywords == nil {
      var letters = try ArchiveKeywords.salvage(in: state)
      try used.layout.mailboxes(below: root).gatherLetters(into: &letters)
      keywords = ArchiveKeywords(in: state, startingWith: letters)
    }
    if try ConversionRecord.isLost(in: state) {
      broken.append(BrokenState(file: .conversion, error: nil))
    } else {
      let count = broken.count
      _ = try Self.part(.conversion, &broken) { () throws(StoreError) in
        try ConversionRecord(in: state)
      }
      // Most archives were not converted from anything.
      if broken.count > count, broken[count].error == nil { broken.removeLast() }
    }
    if let kind = try stored(try state.misfit(Archive.lockName)) {
      let path = state.path(of: Archive.lockName)
      broken.append(
        BrokenState(
          file: .lock, error: .damaged(file: path, reason: "it is \(kind) and no file")))
    }
    guard let table, let keywords else { throw .notAnArchive(root.path) }
    archive = Archive(
      root: root, state: state, identity: used, table: table, keywords: keywords, lock: lock,
      access: .reading)
    self.broken = broken
  }

  private static func table(in state: Directory) throws(StoreError) -> MailboxTable? {
    guard try stored(try state.contains(MailboxTable.fileName)) else { return nil }
    return try MailboxTable(in: state)
  }

  /// Reads a state file, and notes where it is lost or broken.
  private static func part<Value>(
    _ file: BrokenState.File, _ broken: inout [BrokenState],
    _ read: () throws(StoreError) -> Value?
  ) throws(StoreError) -> Value? {
    do {
      let value = try read()
      if value == nil { broken.append(BrokenState(file: file, error: nil)) }
      return value
    } catch .damaged(let path, let reason) {
      broken.append(BrokenState(file: file, error: .damaged(file: path, reason: reason)))
      return nil
    }
  }
}

/// Tells from a directory's entries how an archive whose identity is lost keeps its mail.
enum LayoutGuess {
  /// The layout; the default where nothing speaks for another one.
  ///
  /// - Throws: `system`.
  static func layout(of root: Directory) throws(StoreError) -> ArchiveIdentity.Layout {
    var names: [String] = []
    for entry in try stored(try root.entries()) {
      guard let name = entry.name else { continue }
      names.append(name)
      if entry.kind == .directory, name.hasPrefix("."), name != Archive.stateName,
        (try? root.openSubdirectory(name).contains("cur")) == true
      {
        return named("maildir++")
      }
    }
    if names.contains("cur") { return named("maildir++") }
    if try holdsFile(root, ending: ".mbox.gz", depth: 0) { return named("mbox.gz") }
    if try holdsFile(root, ending: ".mbox", depth: 0) { return named("mbox") }
    return .maildir
  }

  private static func named(_ name: String) -> ArchiveIdentity.Layout {
    ArchiveIdentity.Layout(rawValue: name) ?? .maildir
  }

  private static func holdsFile(
    _ directory: Directory, ending: String, depth: Int
  ) throws(StoreError) -> Bool {
    // In a Maildir there may be many files, and none is an mbox.
    guard depth < 32, try !stored(try directory.contains("cur")) else { return false }
    let entries = try stored(try directory.entries())
    for entry in entries where entry.kind == .file && entry.name?.hasSuffix(ending) == true {
      return true
    }
    for entry in entries where entry.kind == .directory && entry.bytes.first != UInt8(ascii: ".") {
      if let child = try? directory.openSubdirectory(entry.bytes),
        try holdsFile(child, ending: ending, depth: depth + 1)
      {
        return true
      }
    }
    return false
  }
}
