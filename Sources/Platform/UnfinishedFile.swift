/// A file that is written bit by bit and gets its name when all of it is there.
///
/// What is given up leaves nothing behind; a crash may leave a file whose name begins with
/// `Directory.unfinishedPrefix`. Confined to one owner.
package final class UnfinishedFile {
  private let directory: Directory
  private let temporary = Directory.unfinishedPrefix + RandomID.hex(bytes: 8)
  private var file: FileDescriptor?

  /// Begins a file, mode 0600, without its name.
  ///
  /// - Parameter directory: where it is to be.
  /// - Throws: what the kernel says.
  package init(in directory: Directory) throws(SystemError) {
    self.directory = directory
    file = try directory.createFile(temporary, exclusive: true)
  }

  deinit {
    if file != nil { try? directory.unlink(temporary) }
  }

  /// Writes the next bytes.
  ///
  /// - Throws: what the kernel says.
  package func write(_ bytes: Span<UInt8>) throws(SystemError) {
    try file?.write(bytes)
  }

  /// Gives the file its name; when it returns, content and name are on stable storage.
  ///
  /// - Parameters:
  ///   - name: the name.
  ///   - replaces: whether what has that name is replaced, at one instant: a symbolic link too, which is
  ///     not followed.
  /// - Throws: `isExists` where the name is taken and nothing may be replaced; what the kernel says.
  package func finish(as name: some FileName, replaces: Bool) throws(SystemError) {
    guard let file = file.take() else { return }
    do {
      try file.flush()
      try file.close()
      Checkpoint.pass("whole file: before it gets its name")
      if replaces {
        try directory.rename(temporary, to: directory, name)
      } else {
        try directory.renameNoReplace(temporary, to: directory, name)
      }
      Checkpoint.pass("whole file: before its name is flushed")
    } catch {
      try? directory.unlink(temporary)
      throw error.at(directory.path(of: name))
    }
    try directory.flush()
  }
}
