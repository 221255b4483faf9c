import Glibc

/// The name of one directory entry: a `String`, or bytes where a name is not UTF-8.
///
/// `Directory` takes nothing that leads elsewhere: names that are empty, `.`, `..`, or hold a
/// slash or NUL are refused with EINVAL, whoever made them up.
package protocol FileName {
  /// The name's bytes, without a terminating NUL.
  var nameBytes: [UInt8] { get }
  /// Runs a closure on the name as a C string, or returns nil if the name is not a single one.
  func withName<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result?
}

extension String: FileName {
  /// The name in UTF-8.
  package var nameBytes: [UInt8] { Array(utf8) }

  /// Runs a closure on the name as a C string, or returns nil if the name is not a single one.
  package func withName<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result? {
    guard isSingleName(utf8) else { return nil }
    return withCString(body)
  }
}

extension [UInt8]: FileName {
  /// The bytes themselves.
  package var nameBytes: [UInt8] { self }

  /// Runs a closure on the name as a C string, or returns nil if the name is not a single one.
  package func withName<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result? {
    guard isSingleName(self) else { return nil }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: count + 1) { buffer in
      for index in indices { buffer[index] = CChar(bitPattern: self[index]) }
      buffer[count] = 0
      guard let base = buffer.baseAddress else { return nil }
      return body(base)
    }
  }
}

extension FileName {
  /// The name for messages: invalid UTF-8 is shown as U+FFFD.
  var displayName: String { String(decoding: nameBytes, as: UTF8.self) }
}

private func isSingleName(_ bytes: some Collection<UInt8>) -> Bool {
  if bytes.isEmpty || bytes.elementsEqual([0x2E]) || bytes.elementsEqual([0x2E, 0x2E]) {
    return false
  }
  return !bytes.contains { $0 == 0x2F || $0 == 0 }
}
