import Mail
import Platform
import TestSupport

@testable import Journals

struct Missing: Error {}

/// The value, or a failed test.
func required<Value>(_ value: Value?) throws -> Value {
  guard let value else { throw Missing() }
  return value
}

/// A file of `formats/golden`.
func golden(_ name: String, file: String = #filePath) throws -> [UInt8] {
  let root = file.split(separator: "/").dropLast(3).joined(separator: "/")
  return try readBytes("/\(root)/formats/golden/\(name)")
}

func uid(_ value: UInt32) throws -> UID { try required(UID(value)) }

func digest(_ text: String) -> ContentDigest { SHA256.digest(of: Array(text.utf8).span) }

extension TemporaryDirectory {
  func put(_ name: String, _ bytes: [UInt8]) throws { try writeBytes(file(name), bytes) }
}
