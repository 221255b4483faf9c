import Glibc
import Mail
import Platform

/// The way from an archive's root to the directory of a mailbox.
struct MailboxPath {
  private let name: MailboxName
  private let isInbox: Bool
  /// For each component the chains of directories that may stand for it.
  private let steps: [[[String]]]

  /// - Throws: `unsuitableName` if there are more levels than the walk goes down.
  init(_ name: MailboxName) throws(StoreError) {
    try self.init(name, components: name.components, isInbox: name.isInbox)
  }

  /// The way to another directory than the mailbox's own.
  ///
  /// - Parameters:
  ///   - name: the mailbox, for messages.
  ///   - components: what the directories on the way stand for.
  /// - Throws: `unsuitableName` if there are more levels than the walk goes down.
  init(_ name: MailboxName, components: [String]) throws(StoreError) {
    try self.init(name, components: components, isInbox: false)
  }

  private init(
    _ name: MailboxName, components: [String], isInbox: Bool
  ) throws(StoreError) {
    self.name = name
    self.isInbox = isInbox
    steps = components.map(DirectoryName.candidates)
    let depth = steps.reduce(0) { $0 + ($1.map(\.count).max() ?? 0) }
    guard depth <= MailboxWalk.depthLimit else {
      throw .unsuitableName(
        name.description, reason: "it has more than \(MailboxWalk.depthLimit) levels")
    }
  }

  /// The mailbox's directory, or nil if there is none.
  func find(below root: Directory) throws(StoreError) -> Directory? {
    if isInbox { return try Self.findInbox(in: root) }
    var current = root
    for step in steps {
      guard let next = try Self.find(step, in: current) else { return nil }
      current = next
    }
    return current
  }

  /// The names of all directories from the root to the mailbox's, or nil if it is not there; INBOX
  /// has none that could be told before.
  func chain(below root: Directory) throws(StoreError) -> [String]? {
    var names: [String] = []
    var current = root
    for step in steps {
      var next: Directory?
      for chain in step where next == nil {
        next = try Self.find(chain, in: current)
        if next != nil { names += chain }
      }
      guard let next else { return nil }
      current = next
    }
    return names
  }

  private static func find(
    _ step: [[String]], in parent: Directory
  ) throws(StoreError) -> Directory? {
    for chain in step {
      if let found = try find(chain, in: parent) { return found }
    }
    return nil
  }

  // INBOX has no case, so a directory made by hand may have any; the walk takes the same one.
  private static func findInbox(in root: Directory) throws(StoreError) -> Directory? {
    let names = try stored(try root.entries()).compactMap(\.name).sorted()
    guard let name = names.first(where: { MailboxName([$0])?.isInbox == true }) else { return nil }
    return try storedIfPresent(try root.openSubdirectory(name))
  }

  private static func find(
    _ chain: [String], in parent: Directory
  ) throws(StoreError) -> Directory? {
    var current = parent
    for entry in chain {
      let next: Directory
      do {
        next = try current.openSubdirectory(entry)
      } catch {
        if error.isNotFound || error.refusesName { return nil }
        throw .system(error)
      }
      guard try isNamed(entry, next, in: current) else { return nil }
      current = next
    }
    return current
  }

  /// Takes away the mailbox's directory, if it is empty, and then those above it that are left empty.
  ///
  /// - Throws: `system`.
  func removeEmpty(below root: Directory) throws(StoreError) {
    let chain = try chain(below: root) ?? []
    for (depth, entry) in chain.enumerated().reversed() {
      let parent = try stored(try root.openPath(Array(chain[..<depth])))
      do {
        try parent.removeSubdirectory(entry)
        try parent.flush()
      } catch {
        if error.isExists { return }
        throw .system(error)
      }
    }
  }

  /// The mailbox's directory, made and flushed where it is missing.
  func make(below root: Directory) throws(StoreError) -> Directory {
    if let found = try find(below: root) { return found }
    var current = root
    for step in steps {
      if let found = try Self.find(step, in: current) {
        current = found
      } else if let made = try Self.make(step[0], in: current) {
        current = made
      } else if let made = try Self.make(step[1], in: current) {
        current = made
      } else {
        throw .unsuitableName(
          name.description, reason: "the file system takes its directory for another one")
      }
    }
    return current
  }

  /// Makes a chain of directories; nil if the file system takes one for another name's, or stores it
  /// under a name that reads differently.
  static func make(
    _ chain: [String], in parent: Directory
  ) throws(StoreError) -> Directory? {
    var current = parent
    for entry in chain {
      if let found = try find([entry], in: current) {
        current = found
        continue
      }
      let made: Directory
      do {
        made = try current.makeSubdirectory(entry)
      } catch {
        // Another worker may have made it meanwhile, as the parent of its own mailbox. Else, if it
        // exists, it does so under a name that is not this one.
        if error.isExists, let found = try find([entry], in: current) {
          current = found
          continue
        }
        if error.isExists || error.refusesName { return nil }
        throw .system(error)
      }
      guard try isNamed(entry, made, in: current) else {
        try stored(try current.removeSubdirectory(entry))
        return nil
      }
      try stored(try current.flush())
      current = made
    }
    return current
  }

  /// Whether a directory that was opened by a name has exactly this name: a file system that ignores
  /// case, or normalises, opens it under other names as well.
  static func isNamed(
    _ name: String, _ opened: Directory, in parent: Directory
  ) throws(StoreError) -> Bool {
    try isNamed(name, inode: try stored(try opened.status()).inode, in: parent)
  }

  /// The same for an entry of whatever kind, by its number.
  static func isNamed(
    _ name: String, inode: UInt64, in parent: Directory
  ) throws(StoreError) -> Bool {
    // Listing a large parent for each child would cost more than all else.
    if name.utf8.allSatisfy({ $0 < 0x80 }), let other = swappingCase(of: name) {
      guard let status = try storedIfPresent(try parent.status(of: other)) else { return true }
      if inode != status.inode { return true }
    }
    let bytes = Array(name.utf8)
    var stream = try stored(try parent.stream())
    while let entry = try stored(try stream.next()) {
      if entry.bytes == bytes { return true }
    }
    return false
  }

  /// The name with its first ASCII letter in the other case; nil if it has none.
  private static func swappingCase(of name: String) -> [UInt8]? {
    var bytes = Array(name.utf8)
    guard
      let index = bytes.firstIndex(where: {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20)
      })
    else { return nil }
    bytes[index] ^= 0x20
    return bytes
  }
}

extension SystemError {
  /// Whether the file system can't have an entry of that name.
  var refusesName: Bool { [EINVAL, EILSEQ, ENAMETOOLONG].contains(self.errno) }
}
