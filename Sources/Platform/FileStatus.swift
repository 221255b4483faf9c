import Glibc

/// What a directory entry is.
package enum FileKind: Sendable, Hashable {
  case file
  case directory
  case symbolicLink
  /// A device, a FIFO, a socket.
  case other
}

extension FileKind: CustomStringConvertible {
  /// What it is, for people.
  package var description: String {
    switch self {
    case .file: "a file"
    case .directory: "a directory"
    case .symbolicLink: "a symbolic link"
    case .other: "a device, FIFO or socket"
    }
  }
}

/// Size, times and identity of a file, as `stat` gives them.
package struct FileStatus: Sendable, Hashable {
  /// What it is.
  package let kind: FileKind
  /// Length in bytes.
  package let size: Int64
  /// The number of the file in its file system.
  package let inode: UInt64
  /// The number of the file system.
  package let device: UInt64
  /// How many names the file has.
  package let linkCount: UInt64
  /// Access rights: the lowest twelve bits of the mode.
  package let permissions: UInt32
  /// The user that the file belongs to.
  package let owner: UInt32
  /// When the content was last changed, in nanoseconds since 1970.
  package let modifiedNanoseconds: Int64
  /// When content or metadata was last changed by the kernel's clock, in nanoseconds since 1970.
  package let changedNanoseconds: Int64

  /// When the content was last changed, in whole seconds since 1970, rounded down.
  package let modifiedSeconds: Int64

  /// Reads a `stat` structure.
  init(_ status: stat) {
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .directory
      case S_IFLNK: .symbolicLink
      default: .other
      }
    size = Int64(status.st_size)
    inode = UInt64(status.st_ino)
    device = UInt64(status.st_dev)
    linkCount = UInt64(status.st_nlink)
    permissions = UInt32(status.st_mode & 0o7777)
    owner = UInt32(status.st_uid)
    modifiedSeconds = Int64(status.st_mtim.tv_sec)
    modifiedNanoseconds = FileStatus.nanoseconds(status.st_mtim)
    changedNanoseconds = FileStatus.nanoseconds(status.st_ctim)
  }

  // Saturating: a file system may hold years that don't fit into 64 bits of nanoseconds.
  private static func nanoseconds(_ time: timespec) -> Int64 {
    let (product, overflow) = Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, carry) = product.addingReportingOverflow(Int64(time.tv_nsec))
    if overflow || carry { return time.tv_sec < 0 ? .min : .max }
    return sum
  }
}
