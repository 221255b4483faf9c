/// The unique identifier of a message within one mailbox and one UIDValidity (RFC 9051, 2.3.1.1).
package struct UID: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// 1 to 4294967295.
  package let value: UInt32

  /// A UID; nil for zero, which no message has.
  package init?(_ value: UInt32) {
    guard value != 0 else { return nil }
    self.value = value
  }

  package static func < (left: UID, right: UID) -> Bool { left.value < right.value }

  package var description: String { String(value) }
}

/// The value that tells whether UIDs seen earlier still mean the same messages (RFC 9051, 2.3.1.1).
package struct UIDValidity: Hashable, Sendable, CustomStringConvertible {
  /// As the server gives it; compared for equality alone.
  package let value: UInt32

  package init(_ value: UInt32) { self.value = value }

  package var description: String { String(value) }
}

/// A modification sequence of a mailbox or message (RFC 7162).
///
/// Zero says that the mailbox keeps none.
package struct ModificationSequence: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Below 2^63, as RFC 7162 has it.
  package let value: UInt64

  package init(_ value: UInt64) { self.value = value }

  package static func < (left: Self, right: Self) -> Bool { left.value < right.value }

  package var description: String { String(value) }
}
