import CPlatform
import Glibc

extension FileDescriptor {
  /// A file without a name that holds these bytes, in memory and for its owner only.
  ///
  /// Another process that is given the descriptor can open it anew as `/dev/fd/N`.
  package static func memoryFile(
    _ name: String, holding bytes: [UInt8]
  ) throws(SystemError) -> FileDescriptor {
    let file = FileDescriptor(
      owning: try retrying("make a file in memory", nil) { mailarc_memory_file(name) })
    try retrying("set the mode", nil) { fchmod(file.rawValue, 0o600) }
    try file.write(bytes.span)
    return file
  }
}
