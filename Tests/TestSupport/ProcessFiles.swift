import Glibc

/// Replaces the file's content.
package func writeFile(_ path: String, _ text: String) throws {
  try writeBytes(path, Array(text.utf8))
}

/// Replaces the file's content.
package func writeBytes(_ path: String, _ bytes: [UInt8]) throws {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
  guard descriptor >= 0 else { throw TestSystemError("open", path) }
  defer { close(descriptor) }
  let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
  guard count == bytes.count else { throw TestSystemError("write", path) }
}

/// Makes a directory that everybody may enter, whatever the umask.
package func makeDirectory(_ path: String) throws {
  guard mkdir(path, 0o755) == 0, chmod(path, 0o755) == 0 else {
    throw TestSystemError("mkdir", path)
  }
}

/// The file's content.
package func readBytes(_ path: String) throws -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw TestSystemError("open", path) }
  defer { close(descriptor) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    guard count >= 0 else { throw TestSystemError("read", path) }
    if count == 0 { return bytes }
    bytes += chunk[..<count]
  }
}

/// The file's content as text; what is not UTF-8 is replaced.
package func readFile(_ path: String) throws -> String {
  String(decoding: try readBytes(path), as: UTF8.self)
}

/// The names in a directory without `.` and `..`, in no particular order.
package func listDirectory(_ path: String) throws -> [String] {
  guard let stream = opendir(path) else { throw TestSystemError("opendir", path) }
  defer { closedir(stream) }
  var names: [String] = []
  while let entry = readdir(stream) {
    let name = withUnsafeBytes(of: &entry.pointee.d_name) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names
}

/// Dates a file, in seconds since 1970.
package func setModificationTime(_ path: String, _ seconds: Int) throws {
  let time = timespec(tv_sec: seconds, tv_nsec: 0)
  guard utimensat(AT_FDCWD, path, [time, time], 0) == 0 else {
    throw TestSystemError("utimensat", path)
  }
}
