import Glibc

extension Directory {
  /// Makes a directory with a name that nobody has, where temporary files belong: below `TMPDIR`, else
  /// `/tmp`.
  ///
  /// - Parameter prefix: what its name begins with.
  /// - Returns: its path.
  /// - Throws: what the kernel says.
  package static func makeScratch(prefix: String) throws(SystemError) -> String {
    let parent = scratchParent
    var template = Array("\(parent)/\(prefix).XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw SystemError(errno: Glibc.errno, operation: "make directory", path: parent)
    }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The paths of the directories of this user with names as `makeScratch` makes them, in order.
  ///
  /// - Throws: what the kernel says.
  package static func scratches(prefix: String) throws(SystemError) -> [String] {
    let parent = scratchParent
    let directory = try open(path: parent)
    var paths: [String] = []
    for entry in try directory.entries() where entry.kind == .directory {
      let name = String(decoding: entry.bytes, as: UTF8.self)
      guard name.hasPrefix(prefix + "."),
        let owner = (try? directory.status(of: entry.bytes))?.owner, owner == geteuid()
      else { continue }
      paths.append(directory.path(of: entry.bytes))
    }
    return paths.sorted()
  }

  private static var scratchParent: String {
    let wanted = Environment.value("TMPDIR") ?? "/tmp"
    return wanted.hasPrefix("/") ? wanted : "/tmp"
  }

  /// Removes a directory with everything in it; no symbolic link is followed out of it.
  ///
  /// - Throws: what the kernel says; a part may be gone then.
  package static func removeTree(path: String) throws(SystemError) {
    try open(path: path).removeContents()
    try retrying("remove directory", path) { rmdir(path) }
  }

  private func removeContents() throws(SystemError) {
    for entry in try entries() {
      if entry.kind == .directory {
        try openSubdirectory(entry.bytes).removeContents()
        try removeSubdirectory(entry.bytes)
      } else {
        try unlink(entry.bytes)
      }
    }
  }
}
