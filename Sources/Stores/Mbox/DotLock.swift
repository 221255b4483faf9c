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
        // It never stands there without the number: an empty one would be taken for another program's.
        let number = Array("\(ownProcessNumber())\n".utf8)
        return DotLock(in: directory, name, inode: try directory.makeWhole(name, number.span).inode)
      } catch {
        guard error.isExists else { throw .system(error) }
      }
      guard try removeIfStale(in: directory, name) else { return nil }
    }
    return nil
  }

  /// Takes away a lock that is left over, and what is left of taking one away.
  static func clear(in directory: Directory, _ name: String) throws(StoreError) {
    _ = try storedIfPresent(try directory.unlink(aside(name)))
    _ = try removeIfStale(in: directory, name)
  }

  private static func removeIfStale(
    in directory: Directory, _ name: String
  ) throws(StoreError) -> Bool {
    guard let status = try storedIfPresent(try directory.status(of: name)) else { return true }
    guard try isStale(status, in: directory, name) else { return false }
    // Somebody else may have removed it and made a new one meanwhile: what is taken away is looked at
    // before it is lost.
    let aside = aside(name)
    guard try storedIfPresent(try directory.rename(name, to: directory, aside)) != nil else {
      return true
    }
    if try stored(try directory.status(of: aside)).inode != status.inode {
      try? directory.renameNoReplace(aside, to: directory, name)
      return false
    }
    Checkpoint.pass("lock: a left-over one is set aside")
    try stored(try directory.unlink(aside))
    return true
  }

  // Always the same name, so that the next run finds it: no two runs write to one archive.
  private static func aside(_ name: String) -> String { name + ".old" }

  private static func isStale(
    _ status: FileStatus, in directory: Directory, _ name: String
  ) throws(StoreError) -> Bool {
    guard status.kind == .file else { return false }
    let text = try? directory.readWhole(name, limit: 64)
    let number = text.flatMap {
      Int32(String(decoding: $0, as: UTF8.self).filter { !$0.isWhitespace })
    }
    return isStale(
      modified: status.modifiedSeconds,
      namesEndedProcess: number.map { $0 > 0 && !processExists($0) },
      now: WallClock.now, boot: WallClock.boot)
  }

  /// Whether a lock file is nobody's any more.
  ///
  /// - Parameters:
  ///   - modified: when it was written, in seconds since 1970, as are the others.
  ///   - namesEndedProcess: nil if it names none.
  ///   - now: the present.
  ///   - boot: when the machine was started: what is older lost its process then, whatever process has
  ///     that number now.
  /// - Returns: whether it may be taken away.
  static func isStale(
    modified: Int64, namesEndedProcess: Bool?, now: Int64, boot: Int64
  ) -> Bool {
    namesEndedProcess == true || modified < boot || modified < now - staleSeconds
  }

  /// Gives the lock back; a second call does nothing.
  func release() {
    // A lock that others took for a left-over one is theirs now.
    guard let inode = inode.take(), (try? directory.status(of: name).inode) == inode else { return }
    try? directory.unlink(name)
  }
}
