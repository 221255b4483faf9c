package import Mail

/// UIDs in the order in which a server listed them (RFC 4315, section 3).
///
/// In APPENDUID and COPYUID the n-th UID belongs to the n-th message, so a set would not do. Kept as
/// ranges: `1:4294967295` takes no more room than `1`.
package struct UIDList: Hashable, Sendable, Sequence, ExpressibleByArrayLiteral {
  /// The ranges as listed, each ascending.
  package let ranges: [ClosedRange<UInt32>]

  /// Wraps ranges; none of them may hold zero, which is no UID.
  init(ranges: [ClosedRange<UInt32>]) { self.ranges = ranges }

  /// UIDs one by one, in the order given.
  package init(arrayLiteral elements: UID...) {
    ranges = elements.map { $0.value...$0.value }
  }

  /// How many UIDs are listed, repetitions counted.
  package var count: Int {
    ranges.reduce(0) { $0 + Int($1.upperBound - $1.lowerBound) + 1 }
  }

  /// The UIDs one after the other, made as they are asked for.
  package func makeIterator() -> AnyIterator<UID> {
    AnyIterator(ranges.lazy.flatMap { $0.lazy.compactMap { UID($0) } }.makeIterator())
  }
}
