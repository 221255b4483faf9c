import Mail
import Platform

/// A walk over the directories that other programs keep mail in.
///
/// What is a mailbox is decided by evidence, for each directory and file by itself, since people mix
/// what programs keep apart. `formats/trees.md` says what is taken for what.
struct TreeWalk {
  /// How many directories a mailbox may be below the root.
  static let depthLimit = 256

  /// Where the walk is.
  private struct Position {
    var path: [String] = []
    var components: [String] = []
    /// Whether Dovecot's or another server's mbox files are here, so that an empty file is a mailbox.
    var isMboxTree = false
  }

  private let rootName: String?
  private var naming = TreeNaming()
  private var tree = MailboxTree()

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
    walk.tree.mailboxes = walk.naming.places()
    return walk.tree
  }

  private mutating func look(into directory: Directory, at position: Position) throws(StoreError) {
    var listing = try TreeListing(of: directory)
    var position = position
    position.isMboxTree = position.isMboxTree || listing.isMboxTree
    if position.path.count == 1, listing.isMailRoot || Self.isMailRoot(position, listing) {
      naming.noteMailRoot(position.path[0])
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
    naming.add(components.isEmpty ? ["INBOX"] : components, path: position.path, form)
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
    naming.add(
      isInOwnDirectory ? ownName(position) : position.components + [text],
      path: position.path + [fileName], .mbox)
  }

  private mutating func visit(_ entry: [UInt8], in parent: Directory, _ position: Position) {
    let place = parent.path(of: entry)
    do {
      let directory = try parent.openSubdirectory(entry)
      // A hidden directory that is no mailbox holds no mail either.
      if TreeName.isHidden(entry), try !directory.contains("cur") { return }
      guard let name = String(validating: entry, as: UTF8.self),
        let components = TreeName.components(ofDirectory: entry)
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

  // The names by which servers know such directories; one named `mail` may be a mailbox as well.
  private static func isMailRoot(_ position: Position, _ listing: TreeListing) -> Bool {
    let name = position.path[0].lowercased()
    return name == "maildir" || (name == "mail" && !listing.isMaildir && listing.messageForm == nil)
  }
}
