import Glibc

extension Directory {
  /// Gives a file that is going to be replaced a second name, `NAME.broken-<number>`, under which it
  /// stays; one that has such a name already keeps it.
  ///
  /// Where the file system has no links it is a copy. Nothing is ever overwritten. What is no file is
  /// put aside: nothing stands under the old name then.
  /// - Parameter name: the file.
  /// - Returns: the name under which it is kept.
  /// - Throws: if the file is not there, and what the kernel says.
  package func keepBroken(_ name: String) throws(SystemError) -> String {
    let file = try status(of: name)
    guard file.kind == .file else { return try putAside(name) }
    var number = 1
    while true {
      let kept = "\(name).broken-\(number)"
      if try contains(kept) {
        let other = try status(of: kept)
        if other.inode == file.inode, other.device == file.device { return kept }
        number += 1
        continue
      }
      do {
        try link(name, to: self, kept)
      } catch  where [EPERM, EOPNOTSUPP, ENOSYS, EMLINK].contains(error.errno) {
        try copy(name, to: kept)
      }
      try flush()
      Checkpoint.pass("broken file: kept")
      return kept
    }
  }

  /// Whether a name is one that `keepBroken` and `putAside` give.
  package static func isKept(_ name: String) -> Bool {
    guard let dot = name.lastIndex(of: ".") else { return false }
    let ending = name[dot...]
    return ending.hasPrefix(".broken-") && Int(ending.dropFirst(".broken-".count)) != nil
  }

  /// Renames what stands where something else belongs to `NAME.broken-<number>`.
  ///
  /// - Parameter name: its name; of whatever kind it is.
  /// - Returns: the new name, which nothing had.
  /// - Throws: if nothing is there, and what the kernel says.
  package func putAside(_ name: String) throws(SystemError) -> String {
    var number = 1
    while true {
      let kept = "\(name).broken-\(number)"
      do {
        try renameNoReplace(name, to: self, kept)
      } catch  where error.isExists {
        number += 1
        continue
      }
      try flush()
      Checkpoint.pass("broken file: put aside")
      return kept
    }
  }

  /// What stands under a name where something of another kind belongs.
  ///
  /// - Parameters:
  ///   - name: the name.
  ///   - expected: what belongs there.
  /// - Returns: the kind of what is there; nil if it is the expected one, or if nothing is there.
  /// - Throws: what the kernel says.
  package func misfit(
    _ name: String, expected: FileKind = .file
  ) throws(SystemError) -> FileKind? {
    do {
      let kind = try status(of: name).kind
      return kind == expected ? nil : kind
    } catch  where error.errno == ENOENT {
      return nil
    }
  }

  private func copy(_ name: String, to copy: String) throws(SystemError) {
    let bytes = try readWhole(name, limit: 1 << 30)
    try writeWhole(copy, bytes.span)
  }
}
