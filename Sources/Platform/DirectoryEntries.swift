import Glibc

/// One entry of a directory listing.
package struct DirectoryEntry: Sendable, Hashable {
  /// The name as it is on disk; any bytes but NUL and slash.
  package let bytes: [UInt8]
  /// What it is; a symbolic link is not followed.
  package let kind: FileKind

  /// Makes an entry from its parts.
  package init(bytes: [UInt8], kind: FileKind) {
    self.bytes = bytes
    self.kind = kind
  }

  /// The name, or nil if it is not valid UTF-8.
  package var name: String? { String(validating: bytes, as: UTF8.self) }
}

/// A pass over a directory, one entry at a time, in no particular order.
///
/// Entries that come or go during the pass may or may not be seen; `.` and `..` are left out.
package struct DirectoryStream: ~Copyable {
  private let directory: Directory
  private let handle: OpaquePointer

  fileprivate init(_ directory: Directory) throws(SystemError) {
    // A description of its own: its position is not shared with any other pass.
    let raw = try retrying("list", directory.path) {
      openat(directory.rawDescriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    }
    guard let handle = fdopendir(raw) else {
      let code = Glibc.errno
      _ = Glibc.close(raw)
      throw SystemError(errno: code, operation: "list", path: directory.path)
    }
    self.directory = directory
    self.handle = handle
  }

  deinit {
    closedir(handle)
  }

  /// The next entry, or nil after the last.
  package mutating func next() throws(SystemError) -> DirectoryEntry? {
    while true {
      Glibc.errno = 0
      guard let entry = readdir(handle) else {
        let code = Glibc.errno
        if code == 0 { return nil }
        throw SystemError(errno: code, operation: "list", path: directory.path)
      }
      let bytes = withUnsafePointer(to: &entry.pointee.d_name) { name in
        name.withMemoryRebound(to: UInt8.self, capacity: 256) { start in
          Array(UnsafeBufferPointer(start: start, count: strnlen(start, 256)))
        }
      }
      if bytes == [0x2E] || bytes == [0x2E, 0x2E] { continue }
      do {
        let kind = try kind(of: bytes, type: Int(entry.pointee.d_type))
        return DirectoryEntry(bytes: bytes, kind: kind)
      } catch  where error.errno == ENOENT {
        continue
      }
    }
  }

  private func kind(of bytes: [UInt8], type: Int) throws(SystemError) -> FileKind {
    switch type {
    case Int(DT_REG): .file
    case Int(DT_DIR): .directory
    case Int(DT_LNK): .symbolicLink
    // Some file systems don't say.
    case Int(DT_UNKNOWN): try directory.status(of: bytes).kind
    default: .other
    }
  }
}

extension Directory {
  /// Begins a pass over the entries that holds only one of them in memory.
  package func stream() throws(SystemError) -> DirectoryStream {
    try DirectoryStream(self)
  }

  /// All entries, in no particular order; for directories known to be small enough.
  package func entries() throws(SystemError) -> [DirectoryEntry] {
    var stream = try stream()
    var all: [DirectoryEntry] = []
    while let entry = try stream.next() { all.append(entry) }
    return all
  }
}
