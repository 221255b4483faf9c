import Glibc

/// Why a lock was not taken.
package enum FileLockError: Error, Sendable, Equatable {
  /// Another open file holds it; the process that wrote its number into the file, if it can be read.
  case held(by: Int32?)
  /// The file could not be opened, locked or written.
  case failed(SystemError)
}

extension FileLockError: CustomStringConvertible {
  /// What is in the way.
  package var description: String {
    switch self {
    case .held(let process?): "locked by process \(process)"
    case .held(nil): "locked by another process"
    case .failed(let error): error.description
    }
  }
}

/// A lock on a file (flock), held as long as the value lives: one exclusive one at a time, or any
/// number of shared ones.
///
/// The kernel drops it when the process ends, however that happens; the file itself stays, since
/// removing it would let two processes lock two files of one name.
package struct FileLock: ~Copyable, Sendable {
  private let file: FileDescriptor

  /// Takes the lock at once or not at all, and writes the process's number into the file.
  ///
  /// - Parameters:
  ///   - directory: where the file is.
  ///   - name: its name; made if missing.
  /// - Throws: `held` if somebody else has it.
  package init(in directory: Directory, _ name: some FileName) throws(FileLockError) {
    file = try FileLock.take(in: directory, name)
  }

  /// Takes a shared lock at once or not at all; nothing is written.
  ///
  /// - Parameters:
  ///   - directory: where the file is.
  ///   - name: its name.
  /// - Throws: `held` if somebody has it exclusively; `failed` also where there is no such file.
  package init(sharedIn directory: Directory, _ name: some FileName) throws(FileLockError) {
    do {
      let file = try directory.openFile(name)
      try retrying("lock", nil) { flock(file.rawValue, LOCK_SH | LOCK_NB) }
      self.file = file
    } catch  where error.errno == EWOULDBLOCK && error.operation == "lock" {
      throw .held(by: FileLock.holder(in: directory, name))
    } catch {
      throw .failed(error.at(directory.path(of: name)))
    }
  }

  // Closing alone would not do at once: a child that is about to be started has the file open, too,
  // until it runs its program.
  deinit { _ = flock(file.rawValue, LOCK_UN) }

  private static func take(
    in directory: Directory, _ name: some FileName
  ) throws(FileLockError) -> FileDescriptor {
    do {
      let file = try directory.openForUpdateOrCreate(name)
      try retrying("lock", nil) { flock(file.rawValue, LOCK_EX | LOCK_NB) }
      try file.truncate(to: 0)
      try file.write(Array("\(getpid())\n".utf8).span)
      return file
    } catch  where error.errno == EWOULDBLOCK && error.operation == "lock" {
      throw .held(by: holder(in: directory, name))
    } catch {
      throw .failed(error.at(directory.path(of: name)))
    }
  }

  // The number is for the message only: it may be old, or not there yet.
  private static func holder(in directory: Directory, _ name: some FileName) -> Int32? {
    guard let bytes = try? directory.readWhole(name, limit: 32) else { return nil }
    return Int32(String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self))
  }
}
