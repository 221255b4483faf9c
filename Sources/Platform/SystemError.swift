import Glibc

/// A system call that failed: which, on what, and the reason the kernel gave.
package struct SystemError: Error, Sendable, Equatable {
  /// The value of `errno` right after the call.
  package let errno: Int32
  /// What was attempted, in words that fit before a path: "open", "flush", "rename".
  package let operation: String
  /// The file concerned, as it is on disk; whoever prints it escapes it for terminals.
  package let path: String?

  /// Makes an error from its parts.
  package init(errno: Int32, operation: String, path: String?) {
    self.errno = errno
    self.operation = operation
    self.path = path
  }

  /// The file or directory does not exist.
  package var isNotFound: Bool { errno == ENOENT || errno == ENOTDIR }

  /// Something of that name exists already.
  package var isExists: Bool { errno == EEXIST || errno == ENOTEMPTY }

  /// The disk is full, a quota is used up, or a file-size limit is reached.
  package var isNoSpace: Bool { errno == ENOSPC || errno == EDQUOT || errno == EFBIG }

  /// Something else stands there than the file or the directory that belongs there.
  package var isMisfit: Bool { errno == EISDIR || errno == ENOTDIR || errno == ELOOP }

  /// The user may not do that.
  package var isDenied: Bool { errno == EACCES || errno == EPERM || errno == EROFS }

  /// The same error with a path, for calls on a descriptor, which know none.
  package func at(_ path: String) -> SystemError {
    SystemError(errno: self.errno, operation: operation, path: self.path ?? path)
  }

  /// The system's text for `errno`.
  package var reason: String { describe(errno: errno) }
}

extension SystemError: CustomStringConvertible {
  /// Operation, path and reason, as in `open "INBOX/cur": Permission denied`.
  package var description: String {
    guard let path else { return "\(operation): \(reason)" }
    return "\(operation) \"\(path)\": \(reason)"
  }
}

/// The system's text for an error number.
///
/// - Parameter errno: an error number as system calls leave it.
/// - Returns: the text in the C locale, or the number if the system has no text.
package func describe(errno: Int32) -> String {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
    guard let base = buffer.baseAddress, strerror_r(errno, base, buffer.count) == 0 else {
      return "error \(errno)"
    }
    return String(cString: base)
  }
}

/// Runs a system call until it is no longer interrupted by a signal.
///
/// - Parameters:
///   - operation: what to call it in an error.
///   - path: the file concerned; evaluated only for an error.
///   - call: the call; a negative result is a failure with `errno`.
/// - Returns: the call's result, zero or more.
/// - Throws: what `errno` says, unless it is EINTR.
@discardableResult
func retrying<Result: SignedInteger>(
  _ operation: String, _ path: @autoclosure () -> String?, _ call: () -> Result
) throws(SystemError) -> Result {
  while true {
    let result = call()
    if result >= 0 { return result }
    let code = Glibc.errno
    if code != EINTR { throw SystemError(errno: code, operation: operation, path: path()) }
  }
}
