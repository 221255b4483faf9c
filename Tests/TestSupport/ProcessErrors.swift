import Glibc

/// A system call that failed while a test was being set up.
package struct TestSystemError: Error, CustomStringConvertible {
  /// The call, its object and the words of the error number.
  package let description: String

  /// Describes the failure of `call` on `object`; `number` is the current `errno` unless given.
  package init(_ call: String, _ object: String, number: Int32 = errno) {
    description = "\(call) \(object): \(String(cString: strerror(number)))"
  }
}

/// Something that a test needed did not happen.
package struct TestSetupError: Error, CustomStringConvertible {
  /// What, in words.
  package let description: String

  /// Wraps the words.
  package init(_ description: String) { self.description = description }
}
