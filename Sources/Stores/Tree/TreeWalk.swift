import Mail
import Platform

/// A walk over the directories that other programs keep mail in.
///
/// What is a mailbox is decided by evidence, for each directory and file by itself, since people mix
/// what programs keep apart. `formats/trees.md` says what is taken for what.
struct TreeWalk {
  /// How many directories a mailbox may be below the root.
  static let depthLimit = 256

  /// What may hold mail, before two of them are found to have one name.
  fileprivate struct Found {
    var components: [String]
    let path: [String]
    let form: MailboxForm
  }

  /// Where the walk is.
  private struct Position {
    var path: [String] = []
    var components: [String] = []
    /// Whether Dovecot's or another server's mbox files are here, so that an empty file is a mailbox.
    var isMboxTree = false
  }

  private let rootName: String?
  private var found: [Found] = []
  private var tree = MailboxTree()
  /// The directories in the root in which servers keep all of a user's mail.
  private var mailRoots: Set<String> = []

  private init(rootName: String?) { self.rootName = rootName }

  /// Finds the mailboxes below a directory, symbolic links not followed.
  ///
  /// - Parameters:
  ///   - root: where to look.
  ///   - rootName: the root's own name, for messages that lie in it; nil where it has none.
  /// - Returns: what was found; no two mailboxes have one name.
  /// - Throws: `system` if the root itself can't be read.
  static func tree(of root: Directory, named rootName: String?) throws(StoreError) -> MailboxTree {
    var walk = TreeWalk(rootName: rootName)
    try walk.look(into: root, at: Position())
    walk.unwrap()
    walk.giveNames()
    return walk.tree
  }

  private mutating func look(into directory: Directory, at position: Position) throws(StoreError) {
    var listing = try TreeListing(of: directory)
    var position = position
    position.isMboxTree = position.isMboxTree || listing.isMboxTree
    if position.path.count == 1, listing.isMailRoot || Self.isMailRoot(position, listing) {
      mailRoots.insert(position.path[0])
    }
    tree.unreadable += listing.unreadable
    tree.passedOver += listing.passedOver
    if listing.isMaildir { add(.maildir, position.components, position) }
    if let form = listing.messageForm { add(form, ownName(position), position) }
    if position.isMboxTree { listing.takeEmptyFiles() }
    for file in listing.mboxFiles { addMbox(file, in: directory, position) }
    for entry in listing.subdirectories { visit(entry, in: directory, position) }
  }

  /// The name for messages that lie in the directory itself.
  private func ownName(_ position: Position) -> [String] {
    guard position.path.isEmpty, let rootName else { return position.components }
    let stem = TreeName.withoutSuffix(Array(rootName.utf8))
    return [TreeName.text(of: stem) ?? rootName]
  }

  private mutating func add(_ form: MailboxForm, _ components: [String], _ position: Position) {
    found.append(
      Found(
        components: components.isEmpty ? ["INBOX"] : components, path: position.path, form: form))
  }

  private mutating func addMbox(_ file: [UInt8], in directory: Directory, _ position: Position) {
    let stem = TreeName.withoutSuffix(file)
    guard let fileName = String(validating: file, as: UTF8.self),
      let text = TreeName.text(of: stem)
    else {
      tree.unreadable.append("\(directory.path(of: file)): its name is not UTF-8")
      return
    }
    // Apple Mail and readpst call a directory like the mailbox, and the file in it `mbox`.
    let isInOwnDirectory =
      stem.elementsEqual("mbox".utf8)
      && (!position.path.isEmpty || rootName.map { $0.lowercased().hasSuffix(".mbox") } == true)
    found.append(
      Found(
        components: isInOwnDirectory ? ownName(position) : position.components + [text],
        path: position.path + [fileName], form: .mbox))
  }

  private mutating func visit(_ entry: [UInt8], in parent: Directory, _ position: Position) {
    let place = parent.path(of: entry)
    do {
      let directory = try parent.openSubdirectory(entry)
      guard let components = try Self.components(of: entry, directory) else { return }
      guard let name = String(validating: entry, as: UTF8.self), let components = components.value
      else {
        tree.unreadable.append("\(place): its name is not UTF-8")
        return
      }
      guard position.path.count < Self.depthLimit else {
        tree.unreadable.append("\(place): more than \(Self.depthLimit) levels deep")
        return
      }
      var next = position
      next.path.append(name)
      next.components += components
      try look(into: directory, at: next)
    } catch let error as SystemError {
      note(error, at: place, position)
    } catch StoreError.system(let error) {
      note(error, at: place, position)
    } catch {
      tree.unreadable.append("\(place): \(error)")
    }
  }

  private mutating func note(_ error: SystemError, at place: String, _ position: Position) {
    if error.isNotFound || (position.path.isEmpty && place.hasSuffix("/lost+found")) { return }
    tree.unreadable.append("\(place): \(error.reason)")
  }

  /// The components of what may not have a name in UTF-8.
  private struct Components {
    let value: [String]?
  }

  /// What a directory's name adds to the names of the mailboxes in it; nil for a hidden one that is
  /// no mailbox.
  private static func components(
    of entry: [UInt8], _ directory: Directory
  ) throws(SystemError) -> Components? {
    if entry.first == UInt8(ascii: ".") {
      // KMail: `.NAME.directory` holds what is below NAME.
      if let stem = TreeName.stripping(".directory", from: entry.dropFirst()) {
        return Components(value: TreeName.text(of: stem).map { [$0] })
      }
      guard try directory.contains("cur") else { return nil }
      let parts = entry.split(separator: UInt8(ascii: ".")).map { TreeName.text(of: $0) }
      let known = parts.compactMap(\.self)
      return Components(value: known.count == parts.count ? known : nil)
    }
    let stem =
      TreeName.stripping(".sbd", from: entry[...]) ?? TreeName.stripping(".mbox", from: entry[...])
    return Components(value: TreeName.text(of: stem ?? entry[...]).map { [$0] })
  }

  // The names by which servers know such directories; one named `mail` may be a mailbox as well.
  private static func isMailRoot(_ position: Position, _ listing: TreeListing) -> Bool {
    let name = position.path[0].lowercased()
    return name == "maildir" || (name == "mail" && !listing.isMaildir && listing.messageForm == nil)
  }

  // A home directory is no level of the hierarchy: if all mail lies in one directory of the root, which
  // a server keeps, and perhaps in a file `inbox` beside it, that directory's name is none either.
  private mutating func unwrap() {
    let wrapped = found.filter { !$0.isInboxFileInRoot }
    guard let top = wrapped.first?.path.first, mailRoots.contains(top),
      wrapped.allSatisfy({ $0.path.first == top })
    else { return }
    for index in found.indices where found[index].path.first == top {
      let rest = found[index].components.dropFirst()
      if found[index].form == .maildir || !rest.isEmpty {
        found[index].components = rest.isEmpty ? ["INBOX"] : Array(rest)
      }
    }
  }

  // Maildirs have the first claim to a name, then mbox files: of them it is surest that the name is
  // the mailbox's.
  private mutating func giveNames() {
    found.sort { one, other in
      one.rank == other.rank
        ? one.path.lexicographicallyPrecedes(other.path) {
          $0.utf8.lexicographicallyPrecedes($1.utf8)
        }
        : one.rank < other.rank
    }
    var taken: Set<MailboxName> = []
    var late: [Found] = []
    for candidate in found {
      guard let name = TreeName.mailbox(candidate.components), taken.insert(name).inserted else {
        late.append(candidate)
        continue
      }
      tree.mailboxes.append(
        MailboxPlace(name: name, path: candidate.path, form: candidate.form))
    }
    // Only now: a name with a number may be another mailbox's own.
    for candidate in late {
      var number = 2
      while true {
        guard let name = TreeName.mailbox(candidate.numbered(number)) else { break }
        if taken.insert(name).inserted {
          tree.mailboxes.append(
            MailboxPlace(name: name, path: candidate.path, form: candidate.form))
          break
        }
        number += 1
      }
    }
    tree.mailboxes.sort { $0.name < $1.name }
  }
}

extension TreeWalk.Found {
  fileprivate var rank: Int {
    switch form {
    case .maildir: 0
    case .mbox: 1
    case .messageFiles, .mh: 2
    }
  }

  fileprivate var isInboxFileInRoot: Bool {
    path.count == 1 && form == .mbox && TreeName.mailbox(components) == .inbox
  }

  /// The name with a number behind it that tells it from others.
  fileprivate func numbered(_ number: Int) -> [String] {
    let named = components.filter { !$0.isEmpty }
    guard let last = named.last else { return ["mail (\(number))"] }
    return named.dropLast() + ["\(last) (\(number))"]
  }
}
