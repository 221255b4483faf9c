import Mail
import Platform

/// A walk over the mbox files of an archive and its directories.
struct MboxWalk {
  private let suffix: String
  private let otherSuffix: String
  private var tree = MailboxTree()
  private var seen: Set<MailboxName> = []

  private init(suffix: String, otherSuffix: String) {
    self.suffix = suffix
    self.otherSuffix = otherSuffix
  }

  /// Finds every file whose name ends in a suffix, symbolic links not followed; those with the other
  /// suffix are told.
  ///
  /// - Throws: `system` if the root itself can't be read.
  static func tree(
    of root: Directory, suffix: String, otherSuffix: String
  ) throws(StoreError) -> MailboxTree {
    var walk = MboxWalk(suffix: suffix, otherSuffix: otherSuffix)
    for entry in walk.ordered(try stored(try root.entries())) where entry.name != Archive.stateName
    {
      walk.visit(entry, in: root, path: [], name: [], partial: "")
    }
    walk.tree.mailboxes.sort { $0.name < $1.name }
    return walk.tree
  }

  // Where two stand for one mailbox, the form that mailarc prefers comes first.
  private func ordered(_ entries: [DirectoryEntry]) -> [DirectoryEntry] {
    entries.sorted { one, other in
      let ranks = (rank(one), rank(other))
      return ranks.0 == ranks.1
        ? one.bytes.lexicographicallyPrecedes(other.bytes) : ranks.0 < ranks.1
    }
  }

  private func rank(_ entry: DirectoryEntry) -> Int {
    let reading =
      MboxFileName.read(entry.bytes, suffix: suffix) ?? DirectoryName.decode(entry.bytes)
    guard let reading else { return 0 }
    if reading.isSafeForm { return 1 }
    return entry.bytes.contains { $0 < 0x20 || $0 == 0x7F } ? 2 : 0
  }

  /// Looks at an entry below a directory; as `MailboxWalk` does.
  private mutating func visit(
    _ entry: DirectoryEntry, in parent: Directory, path: [String], name: [String], partial: String
  ) {
    let place = parent.path(of: entry.bytes)
    let isHidden = entry.bytes.first == UInt8(ascii: ".")
    switch entry.kind {
    case .symbolicLink:
      if !isHidden { tree.passedOver.append("\(place): a symbolic link") }
    case .file:
      visitFile(entry, path: path, name: name, partial: partial, place)
    case .directory:
      if isHidden { return }
      guard let directoryName = entry.name, let reading = DirectoryName.decode(entry.bytes) else {
        if entry.name == nil { tree.unreadable.append("\(place): its name is not UTF-8") }
        return
      }
      guard path.count < MailboxWalk.depthLimit else {
        tree.unreadable.append("\(place): more than \(MailboxWalk.depthLimit) levels deep")
        return
      }
      let text = partial + reading.text
      let name = reading.continues ? name : name + [MboxFileName.unescaped(text)]
      do {
        let directory = try parent.openSubdirectory(directoryName)
        for child in ordered(try directory.entries()) {
          visit(
            child, in: directory, path: path + [directoryName], name: name,
            partial: reading.continues ? text : "")
        }
      } catch {
        if path.isEmpty, directoryName == "lost+found", error.isDenied { return }
        if !error.isNotFound { tree.unreadable.append("\(place): \(error.reason)") }
      }
    case .other: return
    }
  }

  private mutating func visitFile(
    _ entry: DirectoryEntry, path: [String], name: [String], partial: String, _ place: String
  ) {
    guard let reading = MboxFileName.read(entry.bytes, suffix: suffix) else {
      if entry.bytes.suffix(suffix.utf8.count).elementsEqual(suffix.utf8), entry.name == nil {
        tree.unreadable.append("\(place): its name is not UTF-8")
      } else if entry.bytes.suffix(otherSuffix.utf8.count).elementsEqual(otherSuffix.utf8) {
        tree.passedOver.append("\(place): not as the archive keeps its mailboxes")
      }
      return
    }
    guard partial.isEmpty, let fileName = entry.name,
      let mailbox = MailboxName(name + [MboxFileName.unescaped(reading.text)])
    else {
      tree.unreadable.append("\(place): half of a name can't be a mailbox")
      return
    }
    guard seen.insert(mailbox).inserted else {
      tree.unreadable.append("\(place): another file stands for the same mailbox")
      return
    }
    tree.mailboxes.append(MailboxPlace(name: mailbox, path: path + [fileName], form: .mbox))
  }
}
