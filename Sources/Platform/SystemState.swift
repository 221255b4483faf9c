import Glibc

/// What the kernel says of itself.
enum SystemState {
  /// The octets of all files, of all programs, that are not on their disks yet; nil where that can't be
  /// told.
  static var dirtyBytes: Int64? {
    guard let text = read("/proc/meminfo") else { return nil }
    var total: Int64 = 0
    var found = 0
    for line in text.split(separator: "\n")
    where line.hasPrefix("Dirty:") || line.hasPrefix("Writeback:") {
      guard let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Int64($0) })
      else {
        return nil
      }
      total += kilobytes << 10
      found += 1
    }
    return found == 2 ? total : nil
  }

  /// Whether a flush of a whole file system reports that writing failed: from Linux 5.8 on.
  static let tellsErrorsOfWholeFlush: Bool = {
    let parts = (read("/proc/sys/kernel/osrelease") ?? "").split { $0 == "." || $0 == "-" }
    guard parts.count >= 2, let major = Int(parts[0]), let minor = Int(parts[1]) else {
      return false
    }
    return (major, minor) >= (5, 8)
  }()

  private static func read(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    return withUnsafeTemporaryAllocation(byteCount: 8192, alignment: 1) { buffer in
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }
  }
}
