import Glibc

extension Directory {
  /// Gives a file that is going to be replaced a second name, `NAME.broken-<number>`, under which it
  /// stays; one that has such a name already keeps it.
  ///
  /// Where the file system has no links it is a copy. Nothing is ever overwritten.
  /// - Parameter name: the file.
  /// - Returns: the name under which it is kept.
  /// - Throws: if the file is not there, and what the kernel says.
  package func keepBroken(_ name: String) throws(SystemError) -> String {
    let file = try status(of: name)
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

  private func copy(_ name: String, to copy: String) throws(SystemError) {
    let bytes = try readWhole(name, limit: 1 << 30)
    try writeWhole(copy, bytes.span)
  }
}
