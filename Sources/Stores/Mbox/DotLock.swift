import Platform

/// The file `FILE.lock` beside an mbox, by which programs keep each other from writing to it.
///
/// Others make it with their process number in it, or with nothing of use; one that is left over is
/// taken away.
final class DotLock {
  /// Since when a lock file is nobody's any more, if it does not name a process that has ended: what
  /// procmail, liblockfile and others take for granted.
  static let staleSeconds: Int64 = 5 * 60

  private let directory: Directory
  private let name: String
  private var inode: UInt64?

  private init(in directory: Directory, _ name: String, inode: UInt64) {
    self.directory = directory
    self.name = name
    self.inode = inode
  }

  deinit { release() }

  /// Takes the lock at once or not at all.
  ///
  /// - Parameters:
  ///   - directory: where the mbox is.
  ///   - name: the lock file's name.
  /// - Returns: nil if somebody else has it.
  /// - Throws: what the kernel says.
  static func take(
    in directory: Directory, _ name: String
  ) throws(StoreError) -> DotLock? {
    for _ in 0..<2 {
      do {
        let file = try directory.createFile(name, exclusive: true)
        let inode = try file.status().inode
        let lock = DotLock(in: directory, name, inode: inode)
        try file.write(Array("\(ownProcessNumber())\n".utf8).span)
        return lock
      } catch {
        guard error.isExists else { throw .system(error) }
      }
      guard try removeIfStale(in: directory, name) else { return nil }
    }
    return nil
  }

  /// Takes away a lock that is left over.
  static func clear(in directory: Directory, _ name: String) throws(StoreError) {
    _ = try removeIfStale(in: directory, name)
  }

  private static func removeIfStale(
    in directory: Directory, _ name: String
  ) throws(StoreError) -> Bool {
    guard let status = try storedIfPresent(try directory.status(of: name)) else { return true }
    guard try isStale(status, in: directory, name) else { return false }
    // Somebody else may have removed it and made a new one meanwhile: what is taken away is looked at
    // before it is lost.
    let aside = "\(name).\(RandomID.hex(bytes: 8))"
    guard try storedIfPresent(try directory.rename(name, to: directory, aside)) != nil else {
      return true
    }
    if try stored(try directory.status(of: aside)).inode != status.inode {
      try? directory.renameNoReplace(aside, to: directory, name)
      return false
    }
    try stored(try directory.unlink(aside))
    return true
  }

  private static func isStale(
    _ status: FileStatus, in directory: Directory, _ name: String
  ) throws(StoreError) -> Bool {
    guard status.kind == .file else { return false }
    if let text = try? directory.readWhole(name, limit: 64),
      let process = Int32(
        String(decoding: text, as: UTF8.self).filter { !$0.isWhitespace }), process > 0,
      !processExists(process)
    {
      return true
    }
    return status.modifiedSeconds < WallClock.now - staleSeconds
  }

  /// Gives the lock back; a second call does nothing.
  func release() {
    // A lock that others took for a left-over one is theirs now.
    guard let inode = inode.take(), (try? directory.status(of: name).inode) == inode else { return }
    try? directory.unlink(name)
  }
}
