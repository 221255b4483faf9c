import Mail
import Platform

/// A walk over the directories of an archive.
struct MailboxWalk {
  /// How many directories a mailbox may be below the root.
  static let depthLimit = 256

  private static let maildirNames = ["cur", "new", "tmp"]

  private var tree = MailboxTree()
  private var seen: Set<MailboxName> = []

  /// Finds every directory that holds `cur`, symbolic links not followed.
  ///
  /// - Throws: `system` if the root itself can't be read.
  static func tree(of root: Directory) throws(StoreError) -> MailboxTree {
    var walk = MailboxWalk()
    let entries = try stored(try root.entries())
    for entry in ordered(entries) where entry.name != Archive.stateName {
      walk.visit(entry, in: root, path: [], name: [], partial: "")
    }
    if entries.contains(where: { $0.name == "cur" && $0.kind == .directory }) {
      walk.tree.passedOver.append("\(root.path)/cur: the archive itself is no mailbox")
    }
    walk.tree.mailboxes.sort { $0.name < $1.name }
    return walk.tree
  }

  // Where two directories stand for one mailbox, the form that mailarc prefers comes first.
  private static func ordered(_ entries: [DirectoryEntry]) -> [DirectoryEntry] {
    entries.sorted { one, other in
      let ranks = (rank(one), rank(other))
      return ranks.0 == ranks.1
        ? one.bytes.lexicographicallyPrecedes(other.bytes) : ranks.0 < ranks.1
    }
  }

  private static func rank(_ entry: DirectoryEntry) -> Int {
    guard let reading = DirectoryName.decode(entry.bytes) else { return 0 }
    if reading.isSafeForm { return 1 }
    return reading.text.utf8.contains { $0 < 0x20 || $0 == 0x7F } && reading.text == entry.name
      ? 2 : 0
  }

  /// Looks at an entry below a directory.
  ///
  /// - Parameters:
  ///   - entry: what to look at.
  ///   - parent: where it is.
  ///   - path: the directories from the root to `parent`.
  ///   - name: the components that they stand for.
  ///   - partial: the beginning of a component that goes on in this entry.
  private mutating func visit(
    _ entry: DirectoryEntry, in parent: Directory, path: [String], name: [String], partial: String
  ) {
    let place = parent.path(of: entry.bytes)
    guard entry.kind == .directory else {
      if entry.kind == .symbolicLink, entry.bytes.first != UInt8(ascii: ".") {
        tree.passedOver.append("\(place): a symbolic link")
      }
      return
    }
    if entry.name.map(Self.maildirNames.contains) == true { return }
    if entry.bytes.first == UInt8(ascii: ".") {
      let holdsMail = try? parent.openSubdirectory(entry.bytes).contains("cur")
      if holdsMail == true { tree.passedOver.append("\(place): a hidden directory") }
      return
    }
    guard let directoryName = entry.name, let reading = DirectoryName.decode(entry.bytes) else {
      tree.unreadable.append("\(place): its name is not UTF-8")
      return
    }
    guard path.count < Self.depthLimit else {
      tree.unreadable.append("\(place): more than \(Self.depthLimit) levels deep")
      return
    }
    let path = path + [directoryName]
    let text = partial + reading.text
    do {
      let directory = try parent.openSubdirectory(directoryName)
      let entries = try directory.entries()
      let isMailbox = entries.contains { $0.name == "cur" && $0.kind == .directory }
      let name = reading.continues ? name : name + [text]
      if isMailbox { add(path, name, continues: reading.continues, place) }
      for child in Self.ordered(entries) {
        visit(
          child, in: directory, path: path, name: name, partial: reading.continues ? text : "")
      }
    } catch {
      if path == ["lost+found"], error.isDenied { return }
      if !error.isNotFound { tree.unreadable.append("\(place): \(error.reason)") }
    }
  }

  private mutating func add(_ path: [String], _ name: [String], continues: Bool, _ place: String) {
    guard !continues, let mailbox = MailboxName(name) else {
      tree.unreadable.append("\(place): half of a name can't be a mailbox")
      return
    }
    guard seen.insert(mailbox).inserted else {
      tree.unreadable.append("\(place): another directory stands for the same mailbox")
      return
    }
    tree.mailboxes.append(MailboxPlace(name: mailbox, path: path, form: .maildir))
  }
}
