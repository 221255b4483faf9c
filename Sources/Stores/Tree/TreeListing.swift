import Mail
import Platform

/// What a walk finds in one directory.
///
/// Holds names of mailboxes and directories only, so that a directory may have any number of messages.
struct TreeListing {
  /// Whether it is a Maildir.
  private(set) var isMaildir = false
  /// Whether a server keeps mbox files here.
  private(set) var isMboxTree = false
  /// Whether a server keeps here what it knows of all mailboxes of a user.
  private(set) var isMailRoot = false
  /// The names of mbox files, ordered.
  private(set) var mboxFiles: [[UInt8]] = []
  /// The names of directories in which mailboxes may be, ordered; of the hidden ones, all.
  private(set) var subdirectories: [[UInt8]] = []
  /// What could not be looked into.
  private(set) var unreadable: [String] = []
  /// What looks like mail and is not read.
  private(set) var passedOver: [String] = []

  private let directory: Directory
  private var hasMessages = false
  private var hasOtherNames = false
  private var hasSequences = false
  private var emptyFiles: [[UInt8]] = []
  private var asides = TreeAsides()
  /// The names beside which an index or a directory shows that they are mailboxes.
  private var markedNames: Set<[UInt8]> = []

  /// Looks at all entries.
  ///
  /// - Throws: `system` if the directory can't be read.
  init(of directory: Directory) throws(StoreError) {
    self.directory = directory
    var stream = try stored(try directory.stream())
    while let entry = try stored(try stream.next()) { take(entry) }
    if isMaildir {
      let parts = ["cur", "new", "tmp"].map { Array($0.utf8) }
      subdirectories.removeAll { parts.contains($0) }
    }
    if hasSequences { emptyFiles.removeAll { TreeName.isNumber($0) } }
    mboxFiles += emptyFiles.filter { isMarked($0) }
    emptyFiles = emptyFiles.filter { !isMarked($0) }
    mboxFiles.sort { $0.lexicographicallyPrecedes($1) }
    subdirectories.sort { $0.lexicographicallyPrecedes($1) }
    passedOver = asides.parts(in: directory).map { "\($0.path): \($0.reason)" }
  }

  /// The form of the mailbox that the messages in the directory make; nil if there are none.
  var messageForm: MailboxForm? {
    if hasSequences { return .mh }
    return hasMessages ? (hasOtherNames ? .messageFiles : .mh) : nil
  }

  /// Takes empty files for mailboxes, as servers that keep mbox files make them.
  mutating func takeEmptyFiles() {
    mboxFiles += emptyFiles.filter { !Self.emptyCompanions.contains($0) }
    mboxFiles.sort { $0.lexicographicallyPrecedes($1) }
    emptyFiles = []
  }

  private static let rootFiles = [
    "subscriptions", ".subscriptions", "courierimapsubscribed", "dovecot-uidvalidity",
  ]
  private static let emptyCompanions = Set(
    ["subscriptions", "maildirfolder", "maildirsize", ".subscriptions"].map { Array($0.utf8) })

  private func isMarked(_ name: [UInt8]) -> Bool {
    markedNames.contains(name) || TreeName.isNamedMbox(name)
  }

  private mutating func take(_ entry: DirectoryEntry) {
    switch entry.kind {
    case .directory: takeDirectory(entry.bytes)
    case .file: takeFile(entry.bytes)
    case .symbolicLink: asides.add(entry.bytes, "a symbolic link, which is not followed")
    case .other:
      if entry.bytes.first != UInt8(ascii: ".") {
        asides.add(entry.bytes, "neither a file nor a directory")
      }
    }
  }

  private mutating func takeDirectory(_ name: [UInt8]) {
    if name.elementsEqual("cur".utf8) { isMaildir = true }
    if name.elementsEqual(".imap".utf8) { isMboxTree = true }
    if let stem = TreeName.stripping(".sbd", from: name[...]) { markedNames.insert(Array(stem)) }
    subdirectories.append(name)
  }

  private mutating func takeFile(_ name: [UInt8]) {
    if let stem = TreeName.stripping(".msf", from: name[...]) { markedNames.insert(Array(stem)) }
    if name.elementsEqual(MHSequences.fileName.utf8) { hasSequences = true }
    if name.elementsEqual(".subscriptions".utf8) { isMboxTree = true }
    if Self.rootFiles.contains(where: { name.elementsEqual($0.utf8) }) { isMailRoot = true }
    let kind = TreeName.kind(ofFile: name)
    if kind == .companion { return }
    do {
      let evidence = try FileEvidence(of: name, in: directory)
      switch evidence.content {
      case .mbox: mboxFiles.append(name)
      case .otherMail(let words): asides.add(name, words)
      default:
        // Whether there are sequences is known at the end; if so, there is a mailbox anyway.
        if evidence.isMessage(named: name, kind, inMH: false) {
          hasMessages = true
          if !TreeName.isNumber(name) { hasOtherNames = true }
        } else if evidence.content == .empty {
          emptyFiles.append(name)
        } else if TreeName.isNamedMbox(name) {
          // Whether it can be read as one is found out, and told, when it is read.
          mboxFiles.append(name)
        } else if case .otherMail(let words) = kind {
          asides.add(name, words)
        }
      }
    } catch .system(let error) where error.isNotFound {
      // It went away meanwhile.
    } catch {
      note(error, name, kind)
    }
  }

  // What can't be read and has a message's name is reported when the mailbox is read. Other data
  // that gzip can't read is of no interest.
  private mutating func note(_ error: StoreError, _ name: [UInt8], _ kind: TreeName.FileKind) {
    if kind == .message {
      hasMessages = true
      if !TreeName.isNumber(name) { hasOtherNames = true }
      return
    }
    switch error {
    case .system(let error):
      unreadable.append("\(directory.path(of: name)): \(error.reason)")
    case .unreadable(let path, let reason) where TreeName.withoutSuffix(name).count < name.count:
      unreadable.append("\(path): \(reason)")
    default: break
    }
  }
}

extension FileEvidence {
  /// Whether a file is one message of the mailbox that its directory is.
  ///
  /// - Parameters:
  ///   - name: the file's name.
  ///   - kind: what the name says.
  ///   - inMH: whether MH's own file shows that numbers are the names of messages.
  /// - Returns: true also for an empty file, if its name is a message's.
  func isMessage(named name: [UInt8], _ kind: TreeName.FileKind, inMH: Bool) -> Bool {
    switch content {
    case .message: kind != .companion
    // Empty or without a header, a message is still one; a number alone is no evidence.
    case .empty, .other: kind == .message && (inMH || !TreeName.isNumber(name))
    case .mbox, .otherMail: false
    }
  }
}

/// What lies beside the mail in one directory, counted by what is the matter with it.
struct TreeAsides {
  private var byReason: [String: (count: Int, first: [UInt8])] = [:]

  /// Counts an entry.
  mutating func add(_ name: [UInt8], _ reason: String) {
    guard let known = byReason[reason] else {
      byReason[reason] = (1, name)
      return
    }
    let first = name.lexicographicallyPrecedes(known.first) ? name : known.first
    byReason[reason] = (known.count + 1, first)
  }

  /// Where the first entry of each kind is, and in words what is the matter with all of them.
  func parts(in directory: Directory) -> [(path: String, reason: String)] {
    byReason.sorted { $0.key < $1.key }.map { reason, entries in
      let others = entries.count > 1 ? " (and \(entries.count - 1) more there)" : ""
      return (directory.path(of: entries.first), reason + others)
    }
  }
}
