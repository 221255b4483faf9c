import Glibc
import Mail
import Platform

/// The way from an archive's root to the directory of a mailbox.
struct MailboxPath {
  private let name: MailboxName
  /// Every entry to go through, as it may be written: one of two chains for each component.
  private let steps: [Step]

  private typealias Step = (plain: [String], safe: [String])

  /// - Throws: `unsuitableName` if there are more levels than the walk goes down.
  init(_ name: MailboxName) throws(StoreError) {
    self.name = name
    steps = name.components.map {
      (DirectoryName.encode($0, form: .plain), DirectoryName.encode($0, form: .safe))
    }
    let depth = steps.reduce(0) { $0 + max($1.plain.count, $1.safe.count) }
    guard depth <= MailboxWalk.depthLimit else {
      throw .unsuitableName(
        name.description, reason: "it has more than \(MailboxWalk.depthLimit) levels")
    }
  }

  /// The mailbox's directory, or nil if there is none.
  func find(below root: Directory) throws(StoreError) -> Directory? {
    var current = root
    for step in steps {
      guard let next = try Self.find(step, in: current) else { return nil }
      current = next
    }
    return current
  }

  private static func find(
    _ step: Step, in parent: Directory
  ) throws(StoreError) -> Directory? {
    if let found = try find(step.plain, in: parent) { return found }
    return try find(step.safe, in: parent)
  }

  private static func find(
    _ chain: [String], in parent: Directory
  ) throws(StoreError) -> Directory? {
    var current = parent
    for entry in chain {
      guard let next = try storedIfPresent(try current.openSubdirectory(entry)),
        try isListed(entry, in: current)
      else { return nil }
      current = next
    }
    return current
  }

  /// The mailbox's directory, made and flushed where it is missing.
  func make(below root: Directory) throws(StoreError) -> Directory {
    if let found = try find(below: root) { return found }
    var current = root
    for step in steps {
      if let found = try Self.find(step, in: current) {
        current = found
      } else if let made = try Self.make(step.plain, in: current) {
        current = made
      } else if let made = try Self.make(step.safe, in: current) {
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
  private static func make(
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
        // If it exists, then under a name that `find` did not take for this one.
        if error.isExists || [EINVAL, EILSEQ, ENAMETOOLONG].contains(error.errno) { return nil }
        throw .system(error)
      }
      guard try isListed(entry, in: current) else {
        try stored(try current.removeSubdirectory(entry))
        return nil
      }
      try stored(try current.flush())
      current = made
    }
    return current
  }

  /// Whether the directory lists exactly this name: a file system that ignores case, or normalises,
  /// opens a directory under other names as well.
  private static func isListed(_ name: String, in directory: Directory) throws(StoreError) -> Bool {
    let bytes = Array(name.utf8)
    var stream = try stored(try directory.stream())
    while let entry = try stored(try stream.next()) {
      if entry.bytes == bytes { return true }
    }
    return false
  }
}
