import Mail
import Platform

/// Mail as another program left it: a directory with mailboxes in any forms, or a lone file; for
/// reading only.
///
/// Safe to use from several threads; each mailbox belongs to one thread at a time.
final class ForeignTree: MailSource {
  let path: String
  private let root: Directory
  /// The name of the root in `root` where it is a file.
  private let loneFile: String?
  private let tree: MailboxTree
  private let mboxDialect: MboxDialect?

  /// Looks at everything below a path.
  ///
  /// - Throws: `notFound`, `noMail` if there is nothing like a mailbox, `unreadable` for a FIFO or
  ///   device, `system`.
  init(path: String, mboxDialect: MboxDialect?) throws(StoreError) {
    let place = try TreeRoot(path)
    self.path = path
    self.mboxDialect = mboxDialect
    root = place.directory
    loneFile = place.file
    if let file = place.file {
      tree = try Self.tree(
        ofFile: file, named: place.name, in: place.directory, path, isMbox: mboxDialect != nil)
    } else {
      tree = try TreeWalk.tree(of: place.directory, named: place.name)
    }
    if tree.mailboxes.isEmpty, tree.unreadable.isEmpty {
      throw .noMail(path: path, passedOver: tree.passedOver.first)
    }
  }

  private static func tree(
    ofFile file: String, named name: String?, in directory: Directory, _ path: String,
    isMbox: Bool
  ) throws(StoreError) -> MailboxTree {
    guard try stored(try directory.status(of: file)).kind == .file else {
      throw .unreadable(path: path, reason: "it is neither a file nor a directory")
    }
    let evidence = try FileEvidence(of: file, in: directory)
    let bytes = Array((name ?? file).utf8)
    let stem = TreeName.withoutSuffix(bytes)
    let form: MailboxForm
    switch evidence.content {
    case .mbox: form = .mbox
    case .otherMail(let words): throw .noMail(path: path, passedOver: "\(path): \(words)")
    case .empty where TreeName.stripping(".eml", from: bytes[...]) == nil:
      // Asked for by its name, an empty file is an empty mailbox.
      form = .mbox
    case .other where isMbox || TreeName.isNamedMbox(bytes): form = .mbox
    case .empty, .message, .other:
      guard evidence.isMessage(named: bytes, TreeName.kind(ofFile: bytes), inMH: true) else {
        throw .noMail(path: path, passedOver: nil)
      }
      form = .messageFiles
    }
    guard let text = TreeName.text(of: stem), let mailbox = TreeName.mailbox([text]) else {
      throw .unsuitableName(path, reason: "its name is not UTF-8")
    }
    var tree = MailboxTree()
    tree.mailboxes = [MailboxPlace(name: mailbox, path: [], form: form)]
    return tree
  }

  /// What was there when the tree was opened.
  func mailboxes() throws(StoreError) -> MailboxTree { tree }

  func mailbox(at place: MailboxPlace) throws(StoreError) -> any ReadableMailbox {
    let steps = loneFile.map { [$0] } ?? place.path
    switch place.form {
    case .maildir:
      return try ForeignMaildir(place.name, in: try stored(try root.openPath(steps)))
    case .messageFiles, .mh:
      if let loneFile {
        return MessageFilesMailbox(place.name, in: root, loneFile: Array(loneFile.utf8))
      }
      return MessageFilesMailbox(
        place.name, in: try stored(try root.openPath(steps)), loneFile: nil)
    case .mbox:
      guard let file = steps.last else { throw .notFound(path) }
      return MboxMailbox(
        name: place.name, in: try stored(try root.openPath(steps.dropLast())), Array(file.utf8),
        dialect: mboxDialect)
    }
  }
}
