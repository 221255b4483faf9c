import Glibc

/// Room on a disk.
package enum FreeSpace {
  /// Bytes that an ordinary user may still write to the file system of a directory.
  package static func available(at directory: Directory) throws(SystemError) -> Int64 {
    var status = statvfs()
    try retrying("examine", directory.path) { fstatvfs(directory.rawDescriptor, &status) }
    let (bytes, overflow) = UInt64(status.f_bavail)
      .multipliedReportingOverflow(by: UInt64(status.f_frsize))
    return overflow ? .max : Int64(clamping: bytes)
  }
}
