import Glibc
import Pipeline
import Protocols

/// Reads a password from a file that only its owner can read.
enum PasswordFile {
  /// The first line of the file.
  ///
  /// - Throws: a usage failure if the file can't be read, is not private, or holds no password.
  static func read(_ path: String) throws(Failure) -> Secret {
    // Non-blocking, so that a FIFO in its place can't hold up the program.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw failure(path, "can't be read: \(String(cString: strerror(errno)))", advice: nil)
    }
    defer { close(descriptor) }
    try check(descriptor, path)
    let limit = PasswordLine.limit + 2
    var octets = [UInt8](repeating: 0, count: limit)
    var count = 0
    while count < limit {
      let got = octets.withUnsafeMutableBytes {
        Glibc.read(descriptor, $0.baseAddress?.advanced(by: count), limit - count)
      }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else {
        throw failure(path, "can't be read: \(String(cString: strerror(errno)))", advice: nil)
      }
      guard got > 0 else { break }
      count += got
    }
    guard let password = PasswordLine.secret(in: Array(octets.prefix(count))) else {
      throw failure(
        path, "has no password in its first line",
        advice: "The first line must hold 1 to \(PasswordLine.limit) octets, no NUL among them.")
    }
    return password
  }

  private static func check(_ descriptor: Int32, _ path: String) throws(Failure) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw failure(path, "can't be read: \(String(cString: strerror(errno)))", advice: nil)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw failure(path, "is not a regular file", advice: nil)
    }
    guard status.st_uid == geteuid() || status.st_uid == 0 else {
      throw failure(
        path, "belongs to another user", advice: "Make a copy of your own: its owner can change it."
      )
    }
    guard status.st_mode & 0o077 == 0 else {
      throw failure(
        path, "can be read by others than its owner", advice: "Run: chmod 600 \(path)")
    }
  }

  private static func failure(_ path: String, _ what: String, advice: String?) -> Failure {
    .usage("the password file \(path) \(what)", advice: advice)
  }
}
